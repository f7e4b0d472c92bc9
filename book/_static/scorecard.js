// The scorecard's filter: chips hide verdicts, two lists choose a part and a source, the field hides rows without
// its words. The choice is in the address, so that it can be sent. Without this file the table is whole, and the
// chips are its legend.
document.querySelectorAll("form.hd-filter").forEach((form) => {
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const lists = [...form.querySelectorAll("select")];
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
      const chosen = lists.every((list) => !list.value || row.dataset[list.name] === list.value);
      row.hidden = !on.has(word) || !chosen || !words.every((w) => text.includes(w));
      shown += !row.hidden;
    }
    for (const body of table.tBodies) body.hidden = !body.querySelector("tr[data-word]:not([hidden])");
    document.querySelector(".hd-no-row").hidden = shown > 0;
    found.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} claims`;
  };

  // "?verdict=Mixed,Contradicted&part=III&find=wall"; all verdicts are none named.
  const write = () => {
    const query = new URLSearchParams();
    const on = boxes.filter((box) => box.checked).map((box) => box.value);
    if (on.length < boxes.length) query.set("verdict", on.join(","));
    for (const list of lists) if (list.value) query.set(list.name, list.value);
    if (search.value.trim()) query.set("find", search.value.trim());
    const text = query.toString();
    history.replaceState(null, "", location.pathname + (text && `?${text}`) + location.hash);
  };
  const read = () => {
    const query = new URLSearchParams(location.search);
    const on = query.get("verdict")?.split(",");
    for (const box of boxes) box.checked = on?.includes(box.value) ?? true;
    for (const list of lists) {
      list.value = query.get(list.name) ?? "";
      if (list.selectedIndex < 0) list.value = ""; // a part or source that is not there
    }
    search.value = query.get("find") ?? "";
    filter();
  };

  for (const box of boxes) box.hidden = false;
  for (const label of form.querySelectorAll(".hd-search, .hd-pick")) label.hidden = false;
  form.addEventListener("input", () => { filter(); write(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  // A row that a link leads to is shown, whatever the filter says.
  const open = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!row?.hidden) return;
    for (const box of boxes) box.checked = true;
    for (const list of lists) list.value = "";
    search.value = "";
    filter();
    write();
    row.scrollIntoView();
  };
  read();
  open();
  addEventListener("hashchange", open);
});
