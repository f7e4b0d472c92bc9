// Explorers: a native slider moves, the frame that belongs to it is shown. Children are looked up when a
// slider moves, so it does not matter whether they were there when this script ran.
(() => {
  if (window.hdintuitionExplorers) return;
  window.hdintuitionExplorers = true;
  document.addEventListener("input", (event) => {
    const figure = event.target.closest("[data-hd-explorer]");
    if (!figure || event.target.type !== "range") return;
    let index = 0;
    for (const slider of figure.querySelectorAll(".hd-controls input[type=range]")) {
      const texts = slider.dataset.texts.split("|");
      const text = texts[Number(slider.value)];
      slider.setAttribute("aria-valuetext", text);
      slider.parentElement.querySelector("output").textContent = text;
      index = index * texts.length + Number(slider.value);
    }
    for (const frames of figure.querySelectorAll(".hd-frames")) {
      [...frames.children].forEach((frame, k) => {
        frame.hidden = k !== index;
      });
    }
  });
})();
