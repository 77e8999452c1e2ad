// Makes the form better where scripts run: the browser's proof of work, a button that says what it
// does, a word when there is no network, and a question about a mistyped address.
(() => {
  const PATIENCE = 20000;
  const COMMON = [
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com",
    "yahoo.com", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "proton.me",
    "protonmail.com", "fastmail.com", "posteo.de", "mailbox.org", "gmx.de", "gmx.net", "gmx.at",
    "web.de", "t-online.de", "freenet.de", "hotmail.co.uk", "yahoo.co.uk", "btinternet.com",
    "hotmail.es", "yahoo.es", "telefonica.net", "comcast.net", "verizon.net",
  ];

  document.querySelectorAll("form[data-sign-up]").forEach(prepare);

  function prepare(form) {
    const state = form.querySelector("[role=status]");
    const button = form.querySelector("button[type=submit]");
    const words = button.textContent;
    const work = lazily(() => solve(form));
    let sending = false;
    form.addEventListener("focusin", work, { once: true });
    suggest(form.elements.email);

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (sending) return;
      if (!navigator.onLine) {
        state.textContent = form.dataset.offline;
        return;
      }
      sending = true;
      button.setAttribute("aria-disabled", "true");
      button.textContent = form.dataset.sending;
      state.textContent = "";
      await Promise.race([work(), new Promise((done) => setTimeout(done, PATIENCE))]);
      remember(form);
      form.submit();
    });
    // Back from the next page: the form is as good as new.
    addEventListener("pageshow", ({ persisted }) => {
      if (!persisted) return;
      sending = false;
      button.removeAttribute("aria-disabled");
      button.textContent = words;
    });
  }

  function lazily(begin) {
    let begun = null;
    return () => (begun ??= begin());
  }

  // Nothing depends on it: a form without a proof is taken too, only not as many of them.
  function solve(form) {
    const challenge = JSON.parse(form.dataset.challenge);
    if (!globalThis.crypto?.subtle || !globalThis.Worker) return Promise.resolve();
    return new Promise((done) => {
      const worker = new Worker(form.dataset.solver);
      worker.onerror = () => done();
      worker.onmessage = ({ data: solution }) => {
        form.elements.altcha.value = btoa(JSON.stringify({ challenge, solution }));
        worker.terminate();
        done();
      };
      worker.postMessage(challenge.parameters);
    });
  }

  // For the page that follows, which names the address; see asked.js.
  function remember(form) {
    const { email, name, timezone, consent } = Object.fromEntries(new FormData(form));
    try {
      sessionStorage.setItem("lettercourse", JSON.stringify({ email, name, timezone, consent }));
    } catch {
      // In a frame some browsers keep nothing; that page does without.
    }
  }

  function suggest(field) {
    const place = document.getElementById("email-suggestion");
    field.addEventListener("change", () => {
      place.textContent = "";
      const [name, domain] = field.value.trim().toLowerCase().split("@");
      const meant = domain && !COMMON.includes(domain) && COMMON.find((one) => near(domain, one));
      if (!meant) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "plain-button";
      button.textContent = `${name}@${meant}`;
      button.addEventListener("click", () => {
        field.value = button.textContent;
        place.textContent = "";
        field.focus();
      });
      const [before, after] = place.dataset.words.split("{address}");
      place.append(before, button, after);
    });
  }

  // One letter too many, too few, wrong, or two in the wrong order.
  function near(typed, meant) {
    if (Math.abs(typed.length - meant.length) > 1) return false;
    let at = 0;
    while (at < typed.length && typed[at] === meant[at]) at++;
    const [left, right] = [typed.slice(at), meant.slice(at)];
    return (
      left.slice(1) === right ||
      left === right.slice(1) ||
      left.slice(1) === right.slice(1) ||
      (left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2))
    );
  }
})();
