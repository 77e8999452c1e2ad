// Tells the page around this frame how high it is; that page sets its height, see embed.js.
(() => {
  const tell = () => {
    parent.postMessage({ lettercourse: document.documentElement.offsetHeight }, "*");
  };
  new ResizeObserver(tell).observe(document.documentElement);
})();
