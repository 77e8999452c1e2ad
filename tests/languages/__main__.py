"""`python -m tests.languages`: gives each catalogue the sentences that are new, without words."""

from babel.messages.pofile import write_po

from tests.languages.gathering import files, gather, read


def main() -> None:
    sentences = gather()
    for file in files():
        catalogue = read(file)
        catalogue.update(sentences, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with file.open("wb") as written:
            write_po(written, catalogue, omit_header=True, no_location=True, sort_output=True)


if __name__ == "__main__":
    main()
