// The start: everything finds its place, and the drawing appears.

function toggleTheme() {
  setTheme(!state.dark);
}

function wearTheme(dark) {
  state.dark = dark;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  byId("theme").textContent = dark ? "Light" : "Dark";
}

function setTheme(dark) {
  wearTheme(dark);
  tell("recolored");
}

/** The legend: each look that is present, drawn small, with what it means. */
function drawLegend() {
  const items = data.legend.map(([words, box, link]) => make("li", {}, sample(looks[box], looks[link]), words));
  byId("legend").replaceChildren(...[...items, scaleView()].filter(Boolean));
  byId("legend").hidden = !byId("legend").children.length;
}

function sample(boxLook, linkLook) {
  const density = window.devicePixelRatio || 1;
  const picture = make("canvas", { width: 28 * density, height: 16 * density });
  picture.style.width = "28px";
  picture.style.height = "16px";
  const brush = picture.getContext("2d");
  brush.scale(density, density);
  const look = boxLook ?? linkLook;
  brush.strokeStyle = themed(look.line);
  brush.lineWidth = Math.min(look.width, 2);
  brush.setLineDash(look.dashed ? DASHES : []);
  if (linkLook) {
    brush.stroke(new Path2D("M2 8H26"));
    return picture;
  }
  for (const [path, isFilled] of outlinesOf(look, { x: 2, y: 2, width: 24, height: 12 })) {
    const shape = new Path2D(path);
    if (isFilled) {
      brush.fillStyle = themed(look.fill);
      brush.fill(shape);
    }
    brush.stroke(shape);
  }
  return picture;
}

function startTools() {
  byId("title").textContent = data.title;
  byId("counts").textContent = countsText();
  byId("notes").textContent = data.notes.join("; ");
  byId("heat").append(make("option", { value: "kinds" }, "by kind"));
  byId("heat").addEventListener("change", () => setHeat(byId("heat").value));
  byId("fit").addEventListener("click", fit);
  byId("fold").hidden = !scopes.length;
  byId("fold").addEventListener("click", closeAll);
  on("folded", () => {
    byId("fold").textContent = state.closed.size ? "Open all" : "Close all";
  });
  byId("table").addEventListener("click", showTable);
  byId("export").addEventListener("click", saveView);
  byId("theme").addEventListener("click", toggleTheme);
  on("recolored", drawLegend);
  byId("help").addEventListener("click", showKeys);
}

/** On paper all is light, and drawn with more pixels. */
function startPrinting() {
  let wasDark = false;
  const turn = (printing) => {
    isPrinting = printing;
    if (printing) wasDark = state.dark;
    setTheme(printing ? false : wasDark);
    resize();
  };
  addEventListener("beforeprint", () => turn(true));
  addEventListener("afterprint", () => turn(false));
}

function start() {
  startTools();
  startWalk();
  startSearch();
  startMinimap();
  startStack();
  startKeys();
  startPrinting();
  wearTheme(matchMedia("(prefers-color-scheme: dark)").matches);
  drawLegend(); // it takes its room before the drawing does
  Object.assign(size, { width: stage.clientWidth, height: stage.clientHeight });
  places = placed(state.closed);
  begin();
  goTo(-1);
  resize();
  performance.mark("drawn");
  new ResizeObserver(adapt).observe(stage);
  addEventListener("load", () => setTimeout(afterwards)); // then the arrays are there too
}

/** The window, or the room in it, has another size. */
function adapt() {
  if (size.width === stage.clientWidth && size.height === stage.clientHeight) return;
  resize();
  tell("resized");
}

/** What can wait until the drawing is seen. */
function afterwards() {
  byId("heat").append(...figuresKnown().map((name) => make("option", { value: name }, `by ${FIGURES[name].choice}`)));
  if (layersOfStack.length) {
    byId("heat").value = "difference";
    setHeat("difference");
  }
}

start();
