// Chooses the visitor's own time zone, where the browser tells it. Without this script the list
// still works.
(() => {
  const list = document.querySelector("select[data-guess]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!list || !zone) return;
  let option = [...list.options].find(({ value }) => value === zone);
  if (!option) {
    option = new Option(zone.split("/").pop().replaceAll("_", " "), zone);
    list.prepend(option);
  }
  list.value = zone;
  const hint = document.getElementById("timezone-hint");
  const { city, zone: other } = hint.dataset;
  hint.textContent = (zone.includes("/") ? city : other).replace(/\{\w+\}/, option.text);
})();
