// Names the address that was typed, and offers to ask again after a minute. The page itself is the
// same for everybody, so both come from the form before it, by way of this browser.
(() => {
  const A_MINUTE = 60000;
  let typed;
  try {
    typed = JSON.parse(sessionStorage.getItem("lettercourse"));
    sessionStorage.removeItem("lettercourse");
  } catch {
    return;
  }
  if (!typed?.email) return;
  const place = document.querySelector("[data-typed]");
  place.textContent = typed.email;
  place.className = "typed";

  const form = document.querySelector("form[data-again]");
  for (const [name, value] of Object.entries(typed)) {
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
  setTimeout(() => (form.hidden = false), A_MINUTE);
})();
