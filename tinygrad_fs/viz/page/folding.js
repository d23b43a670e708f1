// Folding: where everything stands once some scopes are closed.
//
// A closed scope becomes a small box, and the room that it took is given back, without a new layout: of both axes those
// stretches shrink that closed scopes take up and nothing else needs. What stays keeps its order and its neighbours, so
// that the reader does not lose the place; curves and borders follow, since the same rule moves all of their points.

const STUB = { width: 64, height: 44 }; // what a closed scope needs at least
const CLEAR = 12; // the room that boxes keep around them

/** For each scope the outermost closed one that it is in or is; -1 for none. The last entry is that of "no scope". */
function outermostClosed(closed) {
  const found = new Array(scopes.length + 1).fill(-1);
  scopes.forEach((scope, number) => {
    const outer = scope.parent === -1 ? -1 : found[scope.parent];
    found[number] = outer !== -1 ? outer : closed.has(number) ? number : -1;
  });
  return found;
}

/** A rule for one axis: which stretches shrink, and by how much, as a function of the coordinate. */
function shrinking(kept, folded) {
  if (!folded.length) return (at) => at;
  const cuts = [...new Set([...kept, ...folded].flatMap(([from, to]) => [from, to]))].sort((a, b) => a - b);
  const index = new Map(cuts.map((cut, i) => [cut, i]));
  const changes = new Float64Array(cuts.length + 1);
  for (const [from, to] of kept) {
    changes[index.get(from)] += 1;
    changes[index.get(to)] -= 1;
  }
  // 1 where something stands that keeps its size; elsewhere as little as the closed scopes allow
  const weights = new Float64Array(cuts.length).fill(1);
  const loose = new Uint8Array(cuts.length);
  for (let i = 0, depth = 0; i < cuts.length - 1; i++) {
    depth += changes[i];
    loose[i] = depth === 0 ? 1 : 0;
  }
  const touched = new Uint8Array(cuts.length);
  for (const [from, to, need] of folded) {
    let stiff = 0;
    let free = 0;
    for (let i = index.get(from); i < index.get(to); i++) {
      if (loose[i]) free += cuts[i + 1] - cuts[i];
      else stiff += cuts[i + 1] - cuts[i];
    }
    const weight = free ? Math.min(1, Math.max(0, need - stiff) / free) : 1;
    for (let i = index.get(from); i < index.get(to); i++) {
      if (!loose[i]) continue;
      weights[i] = touched[i] ? Math.max(weights[i], weight) : weight;
      touched[i] = 1;
    }
  }
  const moved = new Float64Array(cuts.length);
  moved[0] = cuts[0];
  for (let i = 1; i < cuts.length; i++) moved[i] = moved[i - 1] + (cuts[i] - cuts[i - 1]) * weights[i - 1];
  return (at) => {
    if (at <= cuts[0]) return at;
    let low = 0;
    let high = cuts.length - 1;
    if (at >= cuts[high]) return moved[high] + at - cuts[high];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (cuts[middle] <= at) low = middle;
      else high = middle;
    }
    return moved[low] + (at - cuts[low]) * weights[low];
  };
}

/** Everything's place: of boxes, links and scopes, the closed and the open ones, and how large the whole is. */
function placed(closed) {
  const outer = outermostClosed(closed);
  const stubs = scopes.map((_, number) => number).filter((number) => outer[number] === number);
  const isInside = (scope) => outer[scope === -1 ? scopes.length : scope];
  const shown = boxes.filter((box) => isInside(box.scope) === -1);
  const open = scopes.map((_, number) => number).filter((number) => outer[number] === -1);
  const across = shrinking(
    shown.map((box) => [box.x - CLEAR, box.x + box.width + CLEAR]),
    stubs.map((number) => [scopes[number].x, scopes[number].x + scopes[number].width, stubWidth(number)]),
  );
  const down = shrinking(
    [
      ...shown.map((box) => [box.y - CLEAR, box.y + box.height + CLEAR]),
      ...open.map((number) => [scopes[number].y, scopes[number].y + 24]), // its title
    ],
    stubs.map((number) => [scopes[number].y, scopes[number].y + scopes[number].height, STUB.height]),
  );
  const rectangle = ({ x, y, width, height }) => {
    const [left, top] = [across(x), down(y)];
    return { x: left, y: top, width: across(x + width) - left, height: down(y + height) - top };
  };
  const scopePlaces = scopes.map(rectangle);
  const boxPlaces = boxes.map((box) => {
    const stub = isInside(box.scope);
    return stub === -1 ? rectangle(box) : scopePlaces[stub];
  });
  const bundles = new Map(); // links that lead to or from one closed scope alike run together
  const paths = links.map((link) => {
    const [from, to] = [isInside(boxes[link.source].scope), isInside(boxes[link.reader].scope)];
    if (from !== -1 && from === to) return null; // it runs inside of a closed scope
    const ends = [from, from === -1 ? link.source : "", to, to === -1 ? link.reader : "", link.look].join();
    if (from + to !== -2 && bundles.has(ends)) return bundles.get(ends);
    let path = link.path.map((piece) => piece.map((at, i) => (i % 2 ? down(at) : across(at))));
    if (to !== -1) path = endingAt(path, scopePlaces[to]);
    if (from !== -1) path = reversed(endingAt(reversed(path), scopePlaces[from]));
    bundles.set(ends, path);
    return path;
  });
  const stubOf = boxes.map((box) => isInside(box.scope));
  const insideOf = new Map(stubs.map((number) => [number, []]));
  stubOf.forEach((stub, number) => insideOf.get(stub)?.push(number));
  return {
    boxes: boxPlaces,
    stubOf,
    insideOf,
    scopes: scopePlaces,
    isHidden: scopes.map((_, number) => outer[number] !== -1 && outer[number] !== number),
    stubs,
    open,
    paths,
    width: across(data.width),
    height: down(data.height),
  };
}

function stubWidth(scope) {
  return Math.max(STUB.width, Math.min(scopes[scope].width, textWidth(scopes[scope].title, sizes.scope, true) + 28));
}

/** A path up to where it comes into a rectangle. */
function endingAt(path, at) {
  const isIn = ([x, y]) => x > at.x + 0.5 && x < at.x + at.width - 0.5 && y > at.y + 0.5 && y < at.y + at.height - 0.5;
  const end = path.findIndex((piece, i) => i > 0 && isIn(piece.slice(-2)));
  if (end === -1) return path;
  const kept = path.slice(0, end);
  const [x, y] = kept.at(-1).slice(-2);
  const border = [Math.min(Math.max(x, at.x), at.x + at.width), Math.min(Math.max(y, at.y), at.y + at.height)];
  if (kept.length === 1 || Math.hypot(border[0] - x, border[1] - y) > 0.5) kept.push(border);
  return kept;
}

function reversed(path) {
  const points = path.map((piece) => piece.slice(-2));
  const back = [points.at(-1)];
  for (let i = path.length - 1; i > 0; i--) {
    const piece = path[i];
    back.push(piece.length === 2 ? points[i - 1] : [...piece.slice(2, 4), ...piece.slice(0, 2), ...points[i - 1]]);
  }
  return back;
}

let places = null; // what `placed` gives for the scopes that are closed now

/** Close or open a scope; the point on the screen where its title is stays where it is. */
function toggleScope(number) {
  holding(number, () => {
    if (!state.closed.delete(number)) state.closed.add(number);
  });
}

function closeAll() {
  if (state.closed.size) state.closed.clear();
  else scopes.forEach((_, number) => state.closed.add(number));
  tell("folded");
  begin();
  if (steps[state.step]) bringIntoSight(places.boxes[steps[state.step].box], true);
}

function holding(number, change) {
  const before = toScreen(places.scopes[number].x, places.scopes[number].y);
  change();
  tell("folded");
  const after = toScreen(places.scopes[number].x, places.scopes[number].y);
  camera.x += (after.x - before.x) / camera.scale;
  camera.y += (after.y - before.y) / camera.scale;
  tell("moved");
}

/** Open all closed scopes around a box, so that it can be seen. */
function reveal(box) {
  const around = scopesAround(boxes[box].scope).filter((scope) => state.closed.has(scope));
  if (!around.length) return;
  for (const scope of around) state.closed.delete(scope);
  tell("folded");
}
