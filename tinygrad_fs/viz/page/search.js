// Search: nodes by name, op, module or shape.

const MOST_FOUND = 60;
let candidates = []; // boxes that match, in the order of the computation
let chosen = -1;

let haystacks = null; // what is searched, per box

function haystackOf(box) {
  const around = scopesAround(box.scope).map((scope) => scopes[scope].tooltip);
  return [box.title, box.tooltip, ...box.details, ...around].join(" ").toLowerCase();
}

/** All words that are asked for, in any order. */
function search(text) {
  haystacks ??= boxes.map(haystackOf);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (number) => words.length > 0 && words.every((word) => haystacks[number].includes(word));
  candidates = [...boxes.keys()].filter(matches);
  state.found = new Set(candidates);
  chosen = -1;
  showFound(words.length > 0);
  tell("found");
}

function showFound(isAsked) {
  const list = byId("found");
  list.hidden = !isAsked;
  byId("search").setAttribute("aria-expanded", String(isAsked));
  const items = candidates.slice(0, MOST_FOUND).map(itemOf);
  const rest = candidates.length - items.length;
  const remark = rest > 0 ? `and ${whole(rest)} more` : items.length ? "" : "nothing found";
  if (remark) items.push(make("li", { "aria-disabled": "true" }, make("span", { class: "sub" }, remark)));
  list.replaceChildren(...items);
}

function itemOf(box, place) {
  const around = scopesAround(boxes[box].scope).map((scope) => scopes[scope].title)[0] ?? boxes[box].details[0] ?? "";
  const press = (event) => {
    event.preventDefault(); // the field keeps the focus
    choose(place);
  };
  return make(
    "li",
    { id: `found-${place}`, role: "option", "aria-selected": "false", onpointerdown: press },
    make("span", {}, boxes[box].title),
    make("span", {}, around),
  );
}

/** Go to one of the boxes that were found. */
function choose(place) {
  if (!candidates.length) return;
  const shown = Math.min(candidates.length, MOST_FOUND);
  chosen = (place + shown) % shown;
  byId("found")
    .querySelectorAll("[role=option]")
    .forEach((item, number) => {
      item.setAttribute("aria-selected", String(number === chosen));
      if (number === chosen) item.scrollIntoView({ block: "nearest" });
    });
  byId("search").setAttribute("aria-activedescendant", `found-${chosen}`);
  show(candidates[chosen]);
}

function startSearch() {
  const field = byId("search");
  field.addEventListener("input", () => search(field.value));
  field.addEventListener("focus", () => {
    if (field.value) showFound(true);
  });
  field.addEventListener("blur", () => {
    byId("found").hidden = true;
    field.setAttribute("aria-expanded", "false");
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Escape") {
      field.value = "";
      search("");
      canvas.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
