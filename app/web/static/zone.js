// Chooses the visitor's own time zone, where the browser tells it. Without this script the list
// still works.
(() => {
  const list = document.querySelector("select[data-guess]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!list || !zone) return;
  if (![...list.options].some((option) => option.value === zone)) {
    list.prepend(new Option(zone.replaceAll("_", " "), zone));
  }
  list.value = zone;
  const place = zone.split("/").pop().replaceAll("_", " ");
  const spoken = zone.includes("/") ? `${place} time` : place;
  const hint = document.getElementById("timezone-hint");
  hint.textContent = `Your browser says ${spoken}. If that isn’t right, choose another.`;
})();
