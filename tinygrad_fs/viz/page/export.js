// Export: the present view as SVG, from the same outlines as the canvas.

const NAMES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text for XML: escaped, and without the letters that XML does not know. */
function xml(text) {
  // eslint-disable-next-line no-control-regex
  return String(text).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
    .replace(/[&<>"]/g, (letter) => NAMES[letter]);
}

function svgOfView() {
  const view = seen();
  const [width, height] = [view.right - view.left, view.bottom - view.top];
  layers ??= composed();
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${fixed(width)}" height="${fixed(height)}" viewBox="${[view.left, view.top, width, height].map(fixed).join(" ")}" font-family="${xml(data.family)}">`,
    `<title>${xml(data.title)}</title>`,
    `<rect x="${fixed(view.left)}" y="${fixed(view.top)}" width="${fixed(width)}" height="${fixed(height)}" fill="${paints.paper}"/>`,
  ];
  for (const name of ["scopes", "lines", "heads", "boxes"]) {
    for (const { fill, line, width: pen, dashed, parts: paths } of layers[name].within(view)) {
      const stroke = line ? ` stroke="${line}" stroke-width="${pen}"${dashed ? ` stroke-dasharray="${DASHES.join(" ")}"` : ""}` : "";
      parts.push(`<path d="${paths.join("")}" fill="${fill ?? "none"}"${stroke}/>`);
    }
  }
  parts.push(...textsOfView(view), ...marksOfView(), "</svg>\n");
  return parts.join("\n");
}

function* textsOfView(view) {
  for (let number = 0; number < scopes.length; number++) {
    if (places.isHidden[number] || state.closed.has(number)) continue;
    const at = places.scopes[number];
    yield written({ words: scopes[number].title, size: sizes.scope, bold: true, x: at.x + 9, y: at.y + 14.5 }, paints.faint, "start");
  }
  for (const number of boxesWithin(view)) {
    if (places.stubOf[number] !== -1) continue;
    const fill = boxFill(number);
    for (const line of textOf(boxes[number], places.boxes[number])) {
      yield written(line, fill === null ? paints[line.color] : isPale(fill) ? "#1f2328" : "#f0f6fc", "middle");
    }
  }
  for (const stub of places.stubs) for (const line of textOfStub(stub)) yield written(line, paints[line.color], "middle");
  for (let number = 0; number < links.length; number++) {
    if (!places.paths[number]) continue;
    for (const { words, x, y, align } of numbersOf(links[number], places.paths[number])) {
      yield written({ words, size: 9, bold: false, x, y }, paints.faint, align === "right" ? "end" : "start");
    }
  }
}

function written({ words, size, bold, x, y }, color, anchor) {
  return `<text x="${fixed(x)}" y="${fixed(y)}" font-size="${size}"${bold ? ' font-weight="bold"' : ""} text-anchor="${anchor}" fill="${color}">${xml(words)}</text>`;
}

function* marksOfView() {
  const color = marks.isBackward ? paints.back : paints.accent;
  for (const number of marks.links) {
    if (!places.paths[number]) continue;
    const way = marks.isBackward ? reversed(places.paths[number]) : places.paths[number];
    yield `<path d="${pathText(shortened(way))}" fill="none" stroke="${color}" stroke-width="2.5"/><path d="${headText(way, 1.35)}" fill="${color}"/>`;
  }
  for (const number of [...marks.reads, ...marks.sends, marks.current]) {
    if (number === -1) continue;
    const path = roundedOutline(grown(places.boxes[number], GLOW), sizes.corner + GLOW);
    yield `<path d="${path}" fill="none" stroke="${color}" stroke-width="${number === marks.current ? 3.5 : 2}"/>`;
  }
}

function saveView() {
  const link = make("a", { href: URL.createObjectURL(new Blob([svgOfView()], { type: "image/svg+xml" })), download: "graph.svg" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
