// Export: the present view as SVG, from the same outlines as the canvas.

const NAMES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for XML: escaped, and without the letters that XML does not know. */
function xml(text) {
  return String(text)
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"]/g, (letter) => NAMES[letter]);
}

/** An element as text; attributes that are null are left out. */
function tag(name, attributes, content = "") {
  const given = Object.entries(attributes).filter(([, value]) => value !== null);
  const written = given.map(([key, value]) => ` ${key}="${xml(value)}"`).join("");
  return content ? `<${name}${written}>${content}</${name}>` : `<${name}${written}/>`;
}

function svgOfView() {
  const view = seen();
  const [width, height] = [fixed(view.right - view.left), fixed(view.bottom - view.top)];
  const [x, y] = [fixed(view.left), fixed(view.top)];
  const parts = [
    tag("title", {}, xml(data.title)),
    tag("rect", { x, y, width, height, fill: paints.paper }),
    ...outlinesOfView(view),
    ...textsOfView(view),
    ...marksOfView(),
  ];
  const frame = { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `${x} ${y} ${width} ${height}` };
  return tag("svg", { ...frame, "font-family": data.family }, `\n${parts.join("\n")}\n`);
}

function* outlinesOfView(view) {
  layers ??= composed();
  for (const name of LAYERS) {
    for (const { fill, line, width, dashed, parts } of layers[name].within(view)) {
      const stroke = line && {
        stroke: line,
        "stroke-width": width,
        "stroke-dasharray": dashed ? DASHES.join(" ") : null,
      };
      yield tag("path", { d: parts.join(""), fill: fill ?? "none", ...stroke });
    }
  }
}

function* textsOfView(view) {
  for (const scope of places.open) yield written(titleOfScope(scope), paints.faint, "start");
  for (const number of boxesWithin(view)) {
    if (places.stubOf[number] !== -1) continue;
    for (const line of textOf(boxes[number], places.boxes[number])) {
      yield written(line, inkOn(heatOf(number), line.color), "middle");
    }
  }
  for (const stub of places.stubs) {
    for (const line of textOfStub(stub)) yield written(line, inkOn(heatOfScope(stub), line.color), "middle");
  }
  for (let number = 0; number < links.length; number++) {
    if (!places.paths[number]) continue;
    for (const { words, x, y, align } of numbersOf(links[number], places.paths[number])) {
      yield written({ words, size: 9, bold: false, x, y }, paints.faint, align === "right" ? "end" : "start");
    }
  }
}

function written({ words, size, bold, x, y }, fill, anchor) {
  const letters = { "font-size": size, "font-weight": bold ? "bold" : null, "text-anchor": anchor, fill };
  return tag("text", { x: fixed(x), y: fixed(y), ...letters }, xml(words));
}

function* marksOfView() {
  const color = marks.isBackward ? paints.back : paints.accent;
  for (const [number, isAgainst] of marks.links) {
    if (!places.paths[number]) continue;
    const way = wayOf(number, isAgainst);
    yield tag("path", { d: pathText(shortened(way)), fill: "none", stroke: color, "stroke-width": 2.5 });
    yield tag("path", { d: headText(way, 1.35), fill: color });
  }
  for (const number of [...marks.others, marks.current]) {
    if (number === -1) continue;
    const d = roundedOutline(grown(places.boxes[number], GLOW), sizes.corner + GLOW);
    yield tag("path", { d, fill: "none", stroke: color, "stroke-width": number === marks.current ? 3.5 : 2 });
  }
}

function saveView() {
  const file = new Blob([svgOfView()], { type: "image/svg+xml" });
  const link = make("a", { href: URL.createObjectURL(file), download: "graph.svg" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
