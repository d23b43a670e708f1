// Reasons: why a gradient is None: the way from a node to the output, and where it breaks.

/** In words why a box has no gradient, and the route to the output with the place where it breaks. */
function whyNone(number) {
  const box = boxes[number];
  if (box.kind === "constant") return { words: "It is a constant.", route: [] };
  const sent = steps.flatMap((step) => sentOf(step)).filter((each) => each.box === number);
  if (sent.length) return { words: "Gradients were sent to it, but what came of them was not kept.", route: [] };
  const hasBackward = steps.some((step) => step.is_backward);
  const { route, isWhole } = routeToOutput(number);
  if (!route.length) return { words: "No output was computed from it.", route: [] };
  const broken = route.find((each) => each.broken);
  if (broken) return { words: "The way to the output breaks:", route };
  if (isGiven(box)) return { words: "It does not require grad.", route: [] };
  if (!hasBackward) return { words: "No backward pass is on this page.", route: [] };
  return {
    words: isWhole ? "The backward pass began elsewhere; this is the way that it would have had to come:" : "",
    route,
  };
}

/** The way from a box to an output: one on which gradients flow back, if there is one, and the shortest otherwise. */
function routeToOutput(number) {
  const isFlow = (link) => links[link].kind !== "no-grad" && links[link].kind !== "saved";
  const whole = routed(number, isFlow);
  const way = whole ?? routed(number, (link) => links[link].kind !== "saved");
  if (!way) return { route: [], isWhole: false };
  let isBroken = false;
  const route = [{ box: number, broken: "" }];
  for (const link of way) {
    const reader = links[link].reader;
    const breaks = !isBroken && !isFlow(link);
    isBroken ||= breaks;
    route.push({ box: reader, broken: breaks ? reasonAt(link) : "" });
  }
  return { route, isWhole: Boolean(whole) };
}

/** The links of the shortest way from a box to an output along links that are allowed; null if there is none. */
function routed(number, isAllowed) {
  const came = new Map([[number, -1]]);
  const queue = [number];
  for (const box of queue) {
    // it grows meanwhile
    if (boxes[box].is_output) return wayBack(box, came);
    for (const link of linksFrom[box]) {
      const reader = links[link].reader;
      if (isAllowed(link) && !came.has(reader)) {
        came.set(reader, link);
        queue.push(reader);
      }
    }
  }
  return null;
}

function wayBack(box, came) {
  const way = [];
  for (let link = came.get(box); link !== -1; link = came.get(links[link].source)) way.push(link);
  return way.reverse();
}

/** Whether a value was given to the computation, and not made in it. */
function isGiven(box) {
  return box.kind === "input" || box.kind === "stub";
}

/** Why no gradient flows back along a link. */
function reasonAt(number) {
  const [source, reader] = [boxes[links[number].source], boxes[links[number].reader]];
  if (isGiven(source)) return "its argument does not require grad";
  if (!source.has_gradient) return "its argument was computed without grad";
  const rule = rules[reader.rule]?.join(" ") ?? "";
  if (/no gradient/.test(rule) || rules[reader.rule]?.length === 1) return `${reader.title} has no derivative`;
  return reader.has_gradient ? "this argument takes no gradient" : "it ran under no_grad, or its argument was detached";
}
