// Offers the times as this device's own clock would show them, where that is another one. Without
// this script the list of zones does the same.
(() => {
  const line = document.querySelector("[data-zone]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!line || !zone || zone === line.dataset.zone) return;
  const now = new Date();
  const clock = (timeZone) => now.toLocaleString("en", { timeZone });
  if (clock(zone) === clock(line.dataset.zone)) return;
  const there = new URL(location.href);
  there.searchParams.set("zone", zone);
  const link = document.createElement("a");
  link.href = there.search;
  link.textContent = line.dataset.link;
  const place = zone.split("/").pop().replaceAll("_", " ");
  line.append(`${line.dataset.words.replace("{place}", place)} `, link);
  line.hidden = false;
})();
