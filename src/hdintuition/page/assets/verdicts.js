// Verdicts to argue with: every threshold can be moved, and outcome, marks and word follow. What was registered
// before the run stays where it is; the reader's own stands beside it. The four functions of `hdVerdict` are those
// of evidence/rules.py and evidence/verdict.py, and tests hold them to it.
(() => {
  if (window.hdVerdict) return;
  const [ALL, NONE, PART, OPEN, ABSENT] = ["✓", "✕", "part", "~", "–"];

  // A rule's missing end and an interval's infinite one are null.
  function outcome({ low, high }, [from, to]) {
    const [bottom, top] = [from ?? -Infinity, to ?? Infinity];
    let inside, outside;
    if (low !== null && high !== null) {
      [inside, outside] = [low <= bottom && top <= high, top < low || bottom > high];
    } else if (high !== null) {
      [inside, outside] = [top < high, bottom >= high];
    } else {
      [inside, outside] = [bottom > low, top <= low];
    }
    return inside ? "pass" : outside ? "fail" : "inconclusive";
  }

  // Every mark that some way of deciding the inconclusive outcomes gives.
  function possibleMarks(outcomes) {
    if (!outcomes.length) return [ABSENT];
    const passed = outcomes.filter((o) => o === "pass").length;
    const open = outcomes.filter((o) => o === "inconclusive").length;
    const marks = new Set();
    for (let total = passed; total <= passed + open; total += 1) {
      marks.add(total === outcomes.length ? ALL : total ? PART : NONE);
    }
    return [...marks];
  }

  function wordOf(written, meant, counterexample) {
    if (written === ABSENT && meant === ABSENT) return "Not tested";
    if (written === ALL && (meant === ALL || meant === ABSENT)) {
      return counterexample ? "Supported with limits" : "Supported";
    }
    if (meant === ALL) return "Holds as meant";
    if (written === ALL || written === PART || meant === PART) return "Mixed";
    return "Contradicted";
  }

  // From [reading, outcome] pairs to the word and its marks.
  function verdictOf(pairs) {
    const possible = ["literal", "charitable", "counterexample"].map((reading) =>
      possibleMarks(pairs.filter(([r]) => r === reading).map(([, o]) => o)));
    const words = new Set();
    for (const written of possible[0]) for (const meant of possible[1]) for (const counter of possible[2]) {
      words.add(wordOf(written, meant, counter === ALL));
    }
    const [asWritten, asMeant] = possible.map((marks) => (marks.length === 1 ? marks[0] : OPEN));
    return { word: words.size === 1 ? [...words][0] : "Inconclusive", asWritten, asMeant };
  }

  window.hdVerdict = { outcome, possibleMarks, wordOf, verdictOf };

  // ------------------------------------------------------------------------------------------ on the page

  const SAID = { pass: "✓ pass", fail: "✕ fail", inconclusive: "~ inconclusive" };
  const HOLDS = { pass: "✓ holds, against it", fail: "✕ does not hold", inconclusive: "~ inconclusive" };
  const tidy = (value) => Number(value.toPrecision(12));
  const make = (name, className, text = "") => Object.assign(document.createElement(name), { className, textContent: text });
  const tables = new Map();

  // One end of a rule: a number field, and a slider over the places laid out for it.
  function threshold(test, end, row, changed) {
    const [factor, places, registered] = [test.unit === "%" ? 100 : 1, test.stops[end], test[end]];
    const label = make("label", "hd-threshold", end === "high" && test.low === null ? "below " : test.high === null ? "above " : end === "low" ? "from " : "to ");
    const field = Object.assign(make("input", ""), { type: "number", step: "any", autocomplete: "off" });
    const slider = Object.assign(make("input", ""), { type: "range", min: 0, max: places.length - 1, step: 1, autocomplete: "off" });
    const name = `your threshold: ${row.claim}, ${test.name.replaceAll("_", " ")}, ${label.textContent.trim()}`;
    field.setAttribute("aria-label", name);
    slider.setAttribute("aria-label", `${name}, slider`);
    label.append(field, test.unit === "%" ? " %" : test.unit ? ` ${test.unit}` : "");
    let value = registered;
    const show = () => {
      const nearest = places.reduce((best, place, k) => (Math.abs(place - value) < Math.abs(places[best] - value) ? k : best), 0);
      if (Number(slider.value) !== nearest) slider.value = nearest;
      const text = String(tidy(value * factor));
      if (field.value === "" || Number(field.value) !== Number(text)) field.value = text;
      slider.setAttribute("aria-valuetext", `${text}${test.unit === "%" ? " %" : ""}${value === registered ? ", as registered" : ""}`);
    };
    const set = (to) => { value = to; show(); };
    slider.addEventListener("input", () => { set(places[Number(slider.value)]); changed(); });
    field.addEventListener("input", () => {
      if (field.value === "" || !Number.isFinite(Number(field.value))) return;
      set(tidy(Number(field.value) / factor));
      changed();
    });
    field.addEventListener("blur", show);
    row.cell.append(label, slider);
    set(registered);
    return { get: () => value, set, registered };
  }

  function zone(svg, low, high) {
    const { low: from, high: to } = svg.dataset;
    const x = (v) => 6 + (138 * (Math.min(Math.max(v, from), to) - from)) / (to - from);
    const [left, right] = [x(low ?? -Infinity), x(high ?? Infinity)];
    const rect = svg.querySelector(".hd-zone");
    rect.setAttribute("x", left);
    rect.setAttribute("width", Math.max(right - left, 1));
    const ends = [low, high].filter((end) => end !== null);
    svg.querySelectorAll(".hd-tick").forEach((tick, k) => tick.setAttribute("d", `M${x(ends[k])} 5V29`));
  }

  function arguable(table) {
    const { claim, tests } = JSON.parse(table.dataset.hdArgue);
    const discs = table.closest(".hd-verdicts").querySelector("template").content;
    const yours = make("div", "hd-yours");
    yours.setAttribute("role", "status");
    yours.hidden = true;
    table.caption.append(yours);
    const rows = tests.filter((test) => test.stops).map((test) => {
      const line = table.querySelector(`tr[data-test="${test.name}"]`);
      const cell = make("div", "hd-argue");
      line.querySelector('td[data-l="Rule set in advance"]').append(cell);
      const said = make("span", "hd-yours");
      said.hidden = true;
      line.querySelector('td[data-l="Outcome"]').append(said);
      const ends = {};
      const row = { test, claim, cell, said, ends, svg: line.querySelector(".hd-strip") };
      for (const end of ["low", "high"]) if (test[end] !== null) ends[end] = threshold(test, end, row, () => judge());
      return row;
    });

    const rule = (row) => ({ low: row.ends.low?.get() ?? null, high: row.ends.high?.get() ?? null });
    const moved = (row) => Object.values(row.ends).some((end) => end.get() !== end.registered);
    const position = () => rows.filter(moved).map((row) => {
      const { low, high } = rule(row);
      const text = low !== null && high !== null ? `=[${low},${high}]` : high !== null ? `<${high}` : `>${low}`;
      return `${claim}.${row.test.name}${text}`;
    }).join("&");

    function judge() {
      const pairs = tests.map((test) => {
        const row = rows.find((one) => one.test === test);
        return [test.reading, row ? outcome(rule(row), test.interval) : "pass"]; // a theorem is proved
      });
      for (const row of rows) {
        const words = row.test.reading === "counterexample" ? HOLDS : SAID;
        const impossible = row.ends.low && row.ends.high && row.ends.low.get() > row.ends.high.get();
        row.said.hidden = !moved(row);
        row.said.textContent = `yours: ${words[outcome(rule(row), row.test.interval)]}${impossible ? " (the range is empty)" : ""}`;
        if (row.svg) zone(row.svg, rule(row).low, rule(row).high);
      }
      const any = rows.some(moved);
      yours.hidden = !any;
      if (!any) return yours.replaceChildren();
      const { word, asWritten, asMeant } = verdictOf(pairs);
      const link = Object.assign(make("a", "", "Link to this"), { href: `#${position()}` });
      const back = Object.assign(make("button", "", "Back to the registered rules"), { type: "button" });
      back.addEventListener("click", () => { reset(); table.caption.tabIndex = -1; table.caption.focus(); });
      const disc = discs.querySelector(`[data-word="${word}"]`).firstElementChild.cloneNode(true);
      const said = make("span", "hd-yours-word");
      said.append("With your thresholds: ", disc, " ", make("strong", "", word), ` (as written ${asWritten}, as meant ${asMeant}). `);
      yours.replaceChildren(said, link, " · ", back);
    }

    function reset() {
      for (const row of rows) for (const end of Object.values(row.ends)) end.set(end.registered);
      judge();
    }

    tables.set(claim, { table, judge, reset, rows });
  }

  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; } // a lone % is no code of anything
  }

  // "#W2.walled_in<0.001&W3.rare=[0.1,0.2]": the reader's positions, as a link gives them.
  function open() {
    const asked = decoded(location.hash.slice(1)).split("&").map((part) => part.match(
      /^(\w+)\.(\w+)(?:<(-?[\d.e+-]+)|>(-?[\d.e+-]+)|=\[(-?[\d.e+-]+),(-?[\d.e+-]+)\])$/)).filter(Boolean);
    const touched = new Set();
    for (const [, claim, name, below, above, from, to] of asked) {
      const found = tables.get(claim);
      const row = found?.rows.find((one) => one.test.name === name);
      if (!row) continue;
      if (!touched.has(found)) found.reset();
      touched.add(found);
      for (const [end, text] of [["high", below ?? to], ["low", above ?? from]]) {
        if (row.ends[end] && text !== undefined && Number.isFinite(Number(text))) row.ends[end].set(Number(text));
      }
    }
    for (const found of touched) found.judge();
    [...touched][0]?.table.scrollIntoView();
  }

  const begin = () => {
    document.querySelectorAll("table[data-hd-argue]").forEach(arguable);
    document.querySelectorAll(".hd-argue-hint").forEach((hint) => { hint.hidden = false; });
    open();
    addEventListener("hashchange", open);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
