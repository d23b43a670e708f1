// Shapes: the drawing as outlines, by look and by region, in the coordinates of the layout. Canvas and SVG share them.

const REGION = 900; // the side of the squares that the drawing is cut into, so that what is out of sight is not drawn
const measuring = document.createElement("canvas").getContext("2d");

function textWidth(text, size, bold) {
  measuring.font = font(size, bold);
  return measuring.measureText(text).width;
}

function font(size, bold) {
  return `${bold ? "bold " : ""}${size}px ${data.family}`;
}

const fixed = (value) => String(Math.round(value * 10) / 10);

function roundedOutline({ x, y, width, height }, radius) {
  const r = Math.max(0, Math.min(radius, width / 2, height / 2));
  const [a, b] = [fixed(width - 2 * r), fixed(height - 2 * r)];
  const turn = (right, down) => `a${r} ${r} 0 0 1 ${right} ${down}`;
  return `M${fixed(x + r)} ${fixed(y)}h${a}${turn(r, r)}v${b}${turn(-r, r)}h-${a}${turn(-r, -r)}v-${b}${turn(r, -r)}Z`;
}

function outline(shape, at) {
  const { x, y, width, height } = at;
  if (shape === "oval") {
    const [a, b, all] = [fixed(width / 2), fixed(height / 2), fixed(width)];
    return `M${fixed(x)} ${fixed(y + height / 2)}a${a} ${b} 0 1 1 ${all} 0a${a} ${b} 0 1 1 -${all} 0Z`;
  }
  if (shape === "note") {
    const [right, bottom, inner] = [x + width, y + height, x + width - sizes.fold];
    const edge = `L${fixed(right)} ${fixed(y + sizes.fold)}V${fixed(bottom)}H${fixed(x)}Z`;
    return `M${fixed(x)} ${fixed(y)}H${fixed(inner)}${edge}M${fixed(inner)} ${fixed(y)}v${sizes.fold}h${sizes.fold}`;
  }
  return roundedOutline(at, shape === "box" ? 0 : sizes.corner);
}

function grown({ x, y, width, height }, by) {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

/** The outlines of a box, from behind to before: each a path, and whether it is filled. */
function outlinesOf(look, at) {
  if (look.double)
    return [
      [outline(look.shape, at), false],
      [outline(look.shape, grown(at, -sizes.ring)), true],
    ];
  if (look.shape !== "stack") return [[outline(look.shape, at), true]];
  const front = frontOf(look, at);
  return [[outline("rounded", front) + [1, 2].map((step) => behind(front, step)).join(""), true]];
}

/** Where the text of a box stands: of a stack, the sheet in front. */
function frontOf(look, at) {
  const edge = look.shape === "stack" ? 2 * sizes.stacked : 0;
  return { ...at, width: at.width - edge, height: at.height - edge };
}

/** What is seen of a sheet behind another: its right and its lower edge. */
function behind({ x, y, width, height }, step) {
  const [by, small, large] = [sizes.stacked * step, sizes.stacked, sizes.corner];
  const [right, bottom, last] = [x + width + by, y + height + by, by - sizes.stacked];
  return (
    `M${fixed(x + width + last)} ${fixed(y + by)}a${small} ${small} 0 0 1 ${small} ${small}V${fixed(bottom - large)}` +
    `a${large} ${large} 0 0 1 -${large} ${large}H${fixed(x + by + small)}a${small} ${small} 0 0 1 -${small} -${small}`
  );
}

/** A layer of the drawing: for each region its outlines, those of one paint in one path. */
class Layer {
  constructor() {
    this.regions = new Map();
  }

  add(at, paint, path) {
    const key = `${Math.floor((at.x + at.width / 2) / REGION)},${Math.floor((at.y + at.height / 2) / REGION)}`;
    let region = this.regions.get(key);
    if (!region) {
      region = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity, paints: new Map() };
      this.regions.set(key, region);
    }
    region.left = Math.min(region.left, at.x);
    region.top = Math.min(region.top, at.y);
    region.right = Math.max(region.right, at.x + at.width);
    region.bottom = Math.max(region.bottom, at.y + at.height);
    const name = `${paint.fill}|${paint.line}|${paint.width}|${paint.dashed}`;
    const known = region.paints.get(name);
    if (known) known.parts.push(path);
    else region.paints.set(name, { ...paint, parts: [path], path: null });
  }

  /** What can be seen in a rectangle of the drawing, in order. */
  *within(view) {
    for (const region of this.regions.values()) {
      const isSeen =
        region.left < view.right && region.right > view.left && region.top < view.bottom && region.bottom > view.top;
      if (isSeen) yield* region.paints.values();
    }
  }
}

const LAYERS = ["scopes", "lines", "heads", "boxes"]; // from behind to before

const CLOSED = {
  shape: "stack",
  fill: "#f6f8fa",
  line: "#57606a",
  width: 1,
  dashed: false,
  double: false,
  small: false,
};

/** All layers of the drawing, for the present places, theme and colours. */
function composed() {
  const layers = { scopes: new Layer(), lines: new Layer(), heads: new Layer(), boxes: new Layer() };
  const frame = { fill: themed(data.colors.scopeFill), line: themed(data.colors.scopeLine), width: 1, dashed: false };
  for (const scope of places.open) {
    layers.scopes.add(places.scopes[scope], frame, roundedOutline(places.scopes[scope], 8));
  }
  links.forEach((link, number) => {
    const path = places.paths[number];
    if (path) addLink(layers, looks[link.look], path);
  });
  boxes.forEach((box, number) => {
    if (places.stubOf[number] === -1) addBox(layers.boxes, looks[box.look], places.boxes[number], heatOf(number));
  });
  for (const stub of places.stubs) addBox(layers.boxes, CLOSED, places.scopes[stub], heatOfScope(stub));
  return layers;
}

function addBox(layer, look, at, heat) {
  for (const [path, isFilled] of outlinesOf(look, at)) {
    const fill = isFilled ? (heat ?? themed(look.fill)) : null;
    layer.add(at, { fill, line: themed(look.line), width: look.width, dashed: look.dashed }, path);
  }
}

function addLink(layers, look, path) {
  const line = themed(look.line);
  const bounds = boundsOf(path);
  layers.lines.add(bounds, { fill: null, line, width: look.width, dashed: look.dashed }, pathText(shortened(path)));
  layers.heads.add(bounds, { fill: line, line: null, width: 0, dashed: false }, headText(path));
}

function boundsOf(path) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const piece of path) {
    for (let i = 0; i < piece.length; i += 2) {
      left = Math.min(left, piece[i]);
      right = Math.max(right, piece[i]);
      top = Math.min(top, piece[i + 1]);
      bottom = Math.max(bottom, piece[i + 1]);
    }
  }
  return { x: left - 4, y: top - 4, width: right - left + 8, height: bottom - top + 8 };
}

function pathText(path) {
  return path.map((piece, i) => (i === 0 ? "M" : piece.length === 2 ? "L" : "C") + piece.map(fixed).join(" ")).join("");
}

/** The direction in which a path ends, as a step of length 1. */
function heading(path) {
  const last = path.at(-1);
  const [x, y] = last.slice(-2);
  const [fromX, fromY] = last.length > 2 ? last.slice(-4, -2) : path.at(-2).slice(-2);
  const length = Math.hypot(x - fromX, y - fromY);
  return length ? [(x - fromX) / length, (y - fromY) / length] : [0, 1];
}

/** The path, ending where the arrowhead begins. */
function shortened(path) {
  const [right, down] = heading(path);
  const last = path.at(-1).slice();
  for (let i = Math.max(0, last.length - 4); i < last.length; i += 2) {
    last[i] -= right * sizes.head;
    last[i + 1] -= down * sizes.head;
  }
  return [...path.slice(0, -1), last];
}

function headText(path, by = 1) {
  const [right, down] = heading(path);
  const [x, y] = path.at(-1).slice(-2);
  const [backX, backY] = [x - right * sizes.head * by, y - down * sizes.head * by];
  const half = sizes.half * by;
  const [a, b] = [
    [backX - down * half, backY + right * half],
    [backX + down * half, backY - right * half],
  ];
  return `M${fixed(x)} ${fixed(y)}L${a.map(fixed).join(" ")} ${b.map(fixed).join(" ")}Z`;
}

/** The lines of text in a box: what is said, how large, how bold, in which colour, and where. */
function textOf(box, at) {
  const look = looks[box.look];
  const text = [[box.title, look.small ? sizes.small : sizes.title, !look.small, "ink"]];
  for (const detail of box.details) text.push([detail, sizes.detail, false, "faint"]);
  if (box.trouble) text.push([box.trouble, sizes.detail, true, "bad"]);
  return spread(text, frontOf(look, at));
}

/** Lines of text, one below the other, in the middle of a rectangle. */
function spread(text, at) {
  let y = at.y + (at.height - text.reduce((sum, [, size]) => sum + size * sizes.leading, 0)) / 2;
  return text.map(([words, size, bold, color]) => {
    y += size * sizes.leading;
    return { words, size, bold, color, x: at.x + at.width / 2, y: y - 0.32 * size };
  });
}

/** The title of an open scope, in its left upper corner. */
function titleOfScope(scope) {
  const { x, y } = places.scopes[scope];
  return { words: scopes[scope].title, size: sizes.scope, bold: true, x: x + 9, y: y + 14.5 };
}

/** The text on a closed scope. */
function textOfStub(scope) {
  const text = [
    [scopes[scope].title, sizes.scope, true, "ink"],
    [counted(places.insideOf.get(scope).length, "node"), sizes.detail, false, "faint"],
  ];
  return spread(text, frontOf(CLOSED, places.scopes[scope]));
}

/** What stands beside the ends of a link: which argument it is, and which of several outputs. */
function numbersOf(link, path) {
  const found = [];
  const isTurned = data.direction === "LR";
  if (link.number) {
    const [x, y] = path.at(-1).slice(-2);
    const at = places.boxes[link.reader];
    if (isTurned) {
      found.push({ words: link.number, x: x - 5, y: y <= at.y + at.height / 2 ? y - 4 : y + 11, align: "right" });
    } else {
      const isLeft = x < at.x + at.width / 2 - 1;
      found.push({ words: link.number, x: isLeft ? x - 5 : x + 5, y: y - 6, align: isLeft ? "right" : "left" });
    }
  }
  if (link.part) {
    const [x, y] = path[0];
    const turns = turnOf(path, isTurned ? 1 : 0); // the label stands where the line does not turn to
    if (isTurned) {
      found.push({ words: link.part, x: x + 4, y: turns < 0 ? y + 11 : y - 4, align: "left" });
    } else {
      found.push({ words: link.part, x: turns > 0 ? x - 4 : x + 4, y: y + 10, align: turns > 0 ? "right" : "left" });
    }
  }
  return found;
}

/** How far, along an axis, the first turn of a path leads aside of its beginning. */
function turnOf(path, axis) {
  const aside = path.map((piece) => piece.at(axis - 2) - path[0][axis]);
  return aside.find((far) => Math.abs(far) > 1) ?? 0;
}
