// Saves what is typed as a draft, a few seconds after the first key and when the page is left.
// Without this script there is a button for it.
(() => {
  const form = document.querySelector("form[data-draft]");
  const box = form?.elements.words;
  const state = form?.querySelector(".state");
  if (!box || !state) return;

  const PAUSE = 3000;
  const AGAIN = 10000;
  let saved = box.value;
  let timer = 0;
  let underWay = null;

  const later = (wait) => {
    timer ||= setTimeout(save, wait);
  };

  // Read aloud only where it isn't as it should be.
  const say = (words) => {
    state.ariaLive = words === state.dataset.saved ? "off" : "polite";
    state.textContent = words;
  };

  const post = async (words) => {
    const response = await fetch(form.dataset.draft, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
      keepalive: words.length < 5000,
    });
    if (response.status === 409) return state.dataset.full;
    if (!response.ok) throw new Error();
    // Where another window went on meanwhile, ours goes on under a name of its own.
    const { id, draft } = await response.json();
    form.elements.id.value = id;
    form.elements.draft.value = draft;
    saved = words;
    return state.dataset.saved;
  };

  const save = () => {
    clearTimeout(timer);
    timer = 0;
    if (underWay) return underWay.then(save);
    const words = box.value;
    if (words === saved) return Promise.resolve();
    underWay = post(words).then(
      (told) => {
        underWay = null;
        say(told);
        if (told === state.dataset.saved && box.value !== saved) later(PAUSE);
      },
      () => {
        underWay = null;
        say(state.dataset.unsaved);
        later(AGAIN);
      },
    );
    return underWay;
  };

  box.addEventListener("input", () => {
    if (state.ariaLive === "off") state.textContent = "";
    later(PAUSE);
  });
  box.addEventListener("blur", save);
  addEventListener("online", save);
  document.addEventListener("visibilitychange", () => document.hidden && save());
  // What is under way may change the name, so the button waits for it.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!underWay) return;
    event.preventDefault();
    const button = event.submitter;
    underWay.then(() => form.requestSubmit(button));
  });
})();
