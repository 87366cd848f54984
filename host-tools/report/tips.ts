// Shows what a mark says (its <title>) on touch and keyboard focus too, not only under a resting pointer. Without the script the titles stay
// as they are. Tab goes from chart to chart, arrow keys go within one.

/** How far from a mark a finger may be [px]. */
const FINGER = 20;

/** Runs in the page. */
export const TIP_SCRIPT = `
const texts = new Map(), stopsOf = new Map();
const tip = document.body.appendChild(document.createElement("div"));
tip.id = "tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;
let shown;

for (const svg of document.querySelectorAll("svg")) {
	// A cell and the number in it say the same: one stop.
	const stops = new Map();
	for (const title of svg.querySelectorAll("title")) {
		const mark = title.parentNode, text = title.textContent;
		texts.set(mark, text);
		if (!stops.has(text)) stops.set(text, mark);
		title.remove();
	}
	const marks = [...stops.values()];
	for (const mark of marks) {
		stopsOf.set(mark, marks);
		mark.tabIndex = mark === marks[0] ? 0 : -1;
	}
	if (!marks.length) continue;
	// What is in an image cannot be reached by a screen reader.
	svg.setAttribute("role", "group");
	svg.setAttribute("aria-description", "Arrow keys go from value to value.");
}

function place() {
	if (!shown) return;
	const { left, right, top, bottom } = shown.getBoundingClientRect();
	const most = document.documentElement.clientWidth - tip.offsetWidth - 4;
	tip.style.left = Math.max(4, Math.min((left + right - tip.offsetWidth) / 2, most)) + "px";
	tip.style.top = (top > tip.offsetHeight + 8 ? top - tip.offsetHeight - 6 : bottom + 6) + "px";
}
function show(mark) {
	shown = mark;
	tip.hidden = !mark;
	tip.textContent = mark ? texts.get(mark) : "";
	place();
}
const leave = ({ target }) => target === shown && show();

function closest(marks, distance, most = Infinity) {
	let best;
	for (const mark of marks) {
		const is = distance(mark.getBoundingClientRect());
		if (is < most) [best, most] = [mark, is];
	}
	return best;
}
const under = ({ target, pointerType, clientX: x, clientY: y }) => {
	if (texts.has(target) || pointerType !== "touch" || !target.closest("svg")) return target;
	const off = (low, at, high) => Math.max(low - at, 0, at - high);
	return closest(texts.keys(), (box) => Math.hypot(off(box.left, x, box.right), off(box.top, y, box.bottom)), ${FINGER});
};
const showIfMark = (mark) => show(texts.has(mark) ? mark : undefined);

document.addEventListener("pointerover", ({ target }) => texts.has(target) && show(target));
document.addEventListener("pointerout", (event) => event.pointerType !== "touch" && leave(event));
document.addEventListener("pointerdown", (event) => showIfMark(under(event)));
document.addEventListener("pointercancel", () => show());
document.addEventListener("focusout", leave);
document.addEventListener("focusin", ({ target }) => {
	for (const stop of stopsOf.get(target) ?? []) stop.tabIndex = stop === target ? 0 : -1;
	if (stopsOf.has(target)) show(target);
});
document.addEventListener("scroll", place, true);
window.addEventListener("resize", place);

document.addEventListener("keydown", (event) => {
	const { target, key } = event, marks = stopsOf.get(target);
	if (key === "Escape") show();
	if (!marks || event.ctrlKey || event.altKey || event.metaKey) return;
	const at = marks.indexOf(target), middle = (box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
	const vertical = (sign) => {
		const [x, y] = middle(target.getBoundingClientRect());
		return closest(marks, (box) => {
			const [otherX, otherY] = middle(box);
			return sign * (otherY - y) > 1 ? Math.hypot(otherX - x, otherY - y) : Infinity;
		});
	};
	const goals = {
		ArrowRight: () => marks[at + 1],
		ArrowLeft: () => marks[at - 1],
		ArrowDown: () => vertical(1),
		ArrowUp: () => vertical(-1),
		Home: () => marks[0],
		End: () => marks.at(-1),
	};
	if (!Object.hasOwn(goals, key)) return;
	event.preventDefault();
	goals[key]()?.focus();
});
`;

export const TIP_STYLE = `
#tip{position:fixed;z-index:1;width:max-content;max-width:calc(100vw - 8px);padding:.25rem .55rem;border-radius:.3rem;background:var(--ink);color:var(--page);font-size:.85rem;overflow-wrap:anywhere;pointer-events:none}
#tip[hidden]{display:none}
svg [tabindex]:focus-visible{outline:2px solid var(--ink);outline-offset:2px}`;
