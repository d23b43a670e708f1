// Tables: nodes and their values in rows, for those who read rather than look, and what the keys do.

const PART = 500; // rows that are made at once

function openDialog(title, ...content) {
  byId("told").replaceChildren(make("h2", {}, title), ...content);
  byId("dialog").showModal();
}

function showTable() {
  const columns = ["", "node", "kind", "module", "holds", "value: range", "mean", "gradient: range", "norm", "time"];
  const body = make("tbody");
  const more = make("button", { type: "button", onclick: () => addRows() }, "");
  let count = 0;
  const addRows = () => {
    const next = boxes.slice(count, count + PART).map((box, i) => rowOf(box, count + i));
    body.append(...next);
    count += next.length;
    more.hidden = count >= boxes.length;
    more.textContent = `Show ${Math.min(PART, boxes.length - count)} more of ${whole(boxes.length)}`;
  };
  addRows();
  openDialog("All nodes and values", make("table", {}, headOf(columns), body), more);
}

function rowOf(box, number) {
  const value = arrayOf(box.value)?.statistics;
  const gradient = arrayOf(box.gradient)?.statistics;
  const go = () => {
    byId("dialog").close();
    show(number);
  };
  const cell = (words, isNumber = true) => make("td", { class: isNumber ? "number" : "" }, words);
  return make(
    "tr",
    {},
    cell(String(number)),
    make("td", {}, make("button", { class: "go", type: "button", onclick: go }, box.title)),
    cell(kindText(box), false),
    cell(box.scope === -1 ? "" : scopes[box.scope].title, false),
    cell(box.details.join(", "), false),
    cell(value ? rangeText({ statistics: value }) : ""),
    cell(value ? numeral(value.mean) : ""),
    cell(gradient ? rangeText({ statistics: gradient }) : "None"),
    cell(gradient ? numeral(gradient.norm) : ""),
    cell(box.seconds ? secondsText(box.seconds) : ""),
  );
}

function showKeys() {
  const rows = KEYS.map(({ keys, words }) =>
    make(
      "tr",
      {},
      make(
        "td",
        {},
        keys.flatMap((key, i) => [i ? " " : "", make("kbd", {}, key)]),
      ),
      make("td", {}, words),
    ),
  );
  openDialog("Keys", make("table", {}, make("tbody", {}, rows)));
}
