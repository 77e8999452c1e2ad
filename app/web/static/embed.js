// For the site that shows our form in a frame: makes the frame as high as what is in it.
addEventListener("message", ({ data, source }) => {
  const height = Number(data?.lettercourse);
  if (!(height > 0)) return;
  for (const frame of document.querySelectorAll("iframe[data-lettercourse]")) {
    if (frame.contentWindow === source) frame.style.height = `${Math.ceil(height)}px`;
  }
});
