// The scorecard's filter: chips hide verdicts, the field hides rows without its words. Without this file the
// table is whole, and chips are its legend.
document.querySelectorAll("form.hd-filter").forEach((form) => {
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const search = form.querySelector("input[type=search]");
  const found = form.querySelector(".hd-found");
  const table = document.querySelector("table.hd-scorecard");
  const rows = [...table.querySelectorAll("tr[data-word]")].map((row) => ({
    row, word: row.dataset.word, text: row.textContent.toLowerCase(),
  }));

  const filter = () => {
    const on = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, word, text } of rows) {
      row.hidden = !on.has(word) || !words.every((w) => text.includes(w));
      shown += !row.hidden;
    }
    for (const body of table.tBodies) body.hidden = !body.querySelector("tr[data-word]:not([hidden])");
    document.querySelector(".hd-no-row").hidden = shown > 0;
    found.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} claims`;
  };

  for (const box of boxes) box.hidden = false;
  form.querySelector(".hd-search").hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  // A row that a link leads to is shown, whatever the filter says.
  const open = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (row?.hidden) { boxes.forEach((box) => { box.checked = true; }); search.value = ""; filter(); row.scrollIntoView(); }
  };
  addEventListener("hashchange", open);
});
