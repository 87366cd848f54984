// Divides windows for training and testing: entire groups, or consecutive parts where a label has only one group. Overlapping
// windows are never separated.
import { sortNames } from "../datasets/sequences";
import { wholeGroups } from "../datasets/split";

/** What decides a window's split. */
export interface Place {
	recording: string;
	/** The recording, or as the user stated. */
	group: string;
	label: string;
	/** First step in the recording. */
	start: number;
	/** The split of its file, where all files state one. */
	given?: "train" | "test" | undefined;
}

export interface Divided {
	/** Per window, in order; undefined: left out because it overlaps another split or part. */
	split: ("train" | "test" | undefined)[];
	/** Group per window, for validation. */
	group: string[];
	by: "files" | "groups" | "time";
	warnings: string[];
}

/** Number of parts of a recording divided by time; the last is for testing. */
const PARTS = 5;

const groupsOf = (places: readonly Place[]) => {
	const groups = new Map<string, Set<string>>();
	for (const { label, group } of places) groups.set(label, (groups.get(label) ?? new Set()).add(group));
	return groups;
};

/** By time: each label of each recording in parts, without windows that reach from one into the next. */
function byTime(places: readonly Place[], length: number): Pick<Divided, "split" | "group"> {
	const rows = new Map<string, number[]>();
	places.forEach(({ recording, label }, i) => {
		const key = JSON.stringify([recording, label]);
		const own = rows.get(key);
		if (own) own.push(i);
		else rows.set(key, [i]);
	});
	const split = new Array<"train" | "test" | undefined>(places.length);
	const group = new Array<string>(places.length).fill("");
	for (const own of rows.values()) {
		let [part, end] = [0, 0];
		own.forEach((row, rank) => {
			const { recording, start } = places[row]!;
			const due = Math.floor((PARTS * rank) / own.length);
			if (due > part && start >= end) part = due;
			group[row] = `${recording}, part ${part + 1}`;
			split[row] = due > part ? undefined : part === PARTS - 1 ? "test" : "train";
			if (due === part) end = start + length;
		});
	}
	return { split, group };
}

/**
 * Leaves windows of background out where a split has more than of all other labels together, evenly: a long recording has hours of it.
 * @returns how many
 */
export function thinBackground(
	places: readonly Place[],
	split: Divided["split"],
	background: string,
): number {
	let left = 0;
	for (const which of ["train", "test"] as const) {
		const rows = places.flatMap((_, i) => (split[i] === which ? [i] : []));
		const own = rows.filter((i) => places[i]!.label === background);
		const most = rows.length - own.length;
		if (most === 0 || own.length <= most) continue;
		const kept = new Set(Array.from({ length: most }, (_, k) => own[Math.floor((k * own.length) / most)]!));
		for (const i of own) if (!kept.has(i)) split[i] = undefined;
		left += own.length - most;
	}
	return left;
}

/**
 * @param length of a window, steps
 * @param fraction of the windows for testing, where groups are divided
 */
export function divide(places: readonly Place[], length: number, fraction: number, seed: number): Divided {
	if (places.every(({ given }) => given !== undefined))
		return {
			split: places.map(({ given }) => given),
			group: places.map(({ group }) => group),
			by: "files",
			warnings: [],
		};
	const groups = groupsOf(places);
	const alone = sortNames([...groups].filter(([, of]) => of.size < 2).map(([label]) => label));
	if (!alone.length) {
		const labels = [...groups.keys()];
		const names = [...new Set(places.map(({ group }) => group))];
		const test = wholeGroups(
			places.map(({ label }) => labels.indexOf(label)),
			places.map(({ group }) => names.indexOf(group)),
			fraction,
			seed,
		);
		return {
			split: places.map((_, i) => (test.has(i) ? "test" : "train")),
			group: places.map(({ group }) => group),
			by: "groups",
			warnings: test.size ? [] : ["no group is left for testing: record more, or with more people"],
		};
	}
	return {
		...byTime(places, length),
		by: "time",
		warnings: [
			`${alone.map((label) => `"${label}"`).join(", ")} ${alone.length > 1 ? "have" : "has"} only one recording or group, so every recording is divided by time and its last fifth is the test split, which overestimates accuracy on new recordings. Record each label twice or more, on different days or with different people.`,
		],
	};
}
