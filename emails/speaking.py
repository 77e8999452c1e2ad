"""Templates that speak: `_("...")` and `{% trans %}` in the language that a page or email is in."""

from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from course.language import Language


def teach(environment: Environment) -> None:
    """Whatever is rendered in it is given its `language`."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _sentence, _sentences, newstyle=True
    )


def language_in(context: Context) -> Language:
    language = context["language"]
    assert isinstance(language, Language)
    return language


@pass_context
def _sentence(context: Context, sentence: str) -> str:
    return language_in(context).sentence(sentence)


@pass_context
def _sentences(context: Context, one: str, many: str, count: int) -> str:
    return language_in(context).sentences(one, many, count)
