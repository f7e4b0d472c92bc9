/* The gallery: look at one part, choose figures, get their slides as one PDF. The choice lives in the address. */
"use strict";

(() => {
  const form = document.querySelector(".hd-deck-maker");
  if (!form) return;
  const cards = new Map([...document.querySelectorAll(".hd-card")].map((card) => [card.id, card]));
  const boxes = new Map([...cards].map(([id, card]) => [id, card.querySelector("input")]));
  const [part, list] = [form.elements.part, form.querySelector(".hd-deck-list")];
  const [make, none] = [form.querySelector("[data-make]"), form.querySelector("[data-clear]")];
  const found = form.querySelector(".hd-found");
  const here = document.querySelector("script[src*='gallery.js']").src;
  const slides = new Map(); // id → base64 of the slide's PDF, as its script hands it over
  window.hdSlide = (id, content) => slides.set(id, content);
  let chosen = []; // in the order of choosing, which is the order of the slides

  const titleOf = (id) => cards.get(id).querySelector("h2").textContent;

  function show() {
    for (const card of cards.values()) card.hidden = Boolean(part.value) && card.dataset.part !== part.value;
    for (const [id, box] of boxes) box.checked = chosen.includes(id);
    list.replaceChildren(...chosen.map((id) => Object.assign(document.createElement("li"), { textContent: titleOf(id) })));
    const seen = [...cards.values()].filter((card) => !card.hidden).length;
    found.textContent = `${seen} figures here, ${chosen.length || "none"} on your deck`;
    make.disabled = !chosen.length;
    none.hidden = !chosen.length;
    const query = new URLSearchParams();
    if (part.value) query.set("part", part.value);
    if (chosen.length) query.set("deck", chosen.join(","));
    const text = query.toString().replaceAll("%2C", ",");
    try {
      history.replaceState(null, "", text ? `?${text}` : location.pathname);
    } catch {} // a page opened from a file may not change its address in every browser
  }

  function read() {
    const query = new URLSearchParams(location.search);
    part.value = query.get("part") ?? "";
    if (part.selectedIndex < 0) part.value = "";
    chosen = [...new Set((query.get("deck") ?? "").split(","))].filter((id) => cards.has(id));
  }

  const load = (source) =>
    new Promise((done, failed) => {
      const script = Object.assign(document.createElement("script"), { src: source });
      script.onload = done;
      script.onerror = () => failed(new Error(`${source} could not be loaded`));
      document.head.append(script);
    });

  async function deckOf(ids) {
    if (!window.PDFLib) await load(new URL("vendor/pdf-lib/pdf-lib.min.js", here).href);
    await Promise.all(ids.filter((id) => !slides.has(id)).map((id) => load(`figures/${id}/${id}-slide.js`)));
    const deck = await PDFLib.PDFDocument.create();
    for (const id of ids) {
      const slide = await PDFLib.PDFDocument.load(slides.get(id), { updateMetadata: false });
      const [page] = await deck.copyPages(slide, [0]);
      deck.addPage(page);
      if (!deck.getAuthor()) {
        deck.setAuthor(slide.getAuthor());
        deck.setKeywords([slide.getKeywords()]);
        deck.setCreator(slide.getCreator());
      }
    }
    deck.setTitle(`${ids.length} figures of ${form.dataset.book}`);
    deck.setSubject(`${form.dataset.home}figures.html?deck=${ids.join(",")}`);
    return deck.save();
  }

  async function hand() {
    make.disabled = true;
    found.textContent = "Making the deck …";
    try {
      const address = URL.createObjectURL(new Blob([await deckOf(chosen)], { type: "application/pdf" }));
      const link = Object.assign(document.createElement("a"), { href: address, download: "hdintuition-deck.pdf" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
      show();
      found.textContent = `The deck has ${chosen.length} slides: hdintuition-deck.pdf`;
    } catch (error) {
      show();
      found.textContent = `No deck was made: ${error.message}. The ready decks at the end of the page need no script`;
    }
  }

  for (const [id, box] of boxes) {
    box.closest("label").hidden = false;
    box.addEventListener("change", () => {
      chosen = box.checked ? [...chosen, id] : chosen.filter((other) => other !== id);
      show();
    });
  }
  part.addEventListener("change", show);
  none.addEventListener("click", () => {
    chosen = [];
    show();
  });
  make.addEventListener("click", hand);
  addEventListener("popstate", () => {
    read();
    show();
  });
  for (const control of [part.closest("label"), form.querySelector(".hd-deck-bar")]) control.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  read();
  show();
})();
