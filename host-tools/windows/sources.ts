// Recordings to cut into windows: their files, labels and groups.
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nameOf } from "../datasets/sequences";
import { firstOf } from "../recordings/chunks";
import { isRecording, openRecording } from "../recordings/open";
import type { ReadOptions, Recording } from "../recordings/recording";
import { UserError } from "../terminal/errors";

export interface Source {
	recording: Recording;
	/** For steps without their own. */
	label: string | undefined;
	/** For steps without their own. */
	group: string;
	given?: "train" | "test";
}

/** Source of labels. */
export const LABELS = ["column", "file", "folder", "name"] as const;
export type LabelsFrom = (typeof LABELS)[number];
/** Where the labels are from, in words; "targets": there are targets of steps instead. */
export const LABELS_TEXT: Record<LabelsFrom | "targets", string> = {
	column: "labels are those of the lines",
	file: "labels are what the files state",
	folder: "labels are the names of the folders",
	name: "labels are the names of the files without numbers at their ends",
	targets: "every step has its targets; labels are not read",
};

/** Files, and all files in folders and their subfolders. */
function listFiles(paths: readonly string[]): string[] {
	return paths.flatMap((path) => {
		const stat = statSync(path, { throwIfNoEntry: false });
		if (!stat) throw new UserError(`There is no recording ${path}.`);
		if (!stat.isDirectory()) return [path];
		const names = readdirSync(path, { withFileTypes: true })
			.filter((entry) => !entry.name.startsWith(".") && (entry.isDirectory() || isRecording(entry.name)))
			.map(({ name }) => join(path, name))
			.sort();
		return listFiles(names);
	});
}

/** "wave-01.csv", "wave.1.csv" and "wave_3.csv" have the label "wave". */
const nameLabel = (path: string) =>
	basename(path)
		.split(".")[0]!
		.replace(/[\s_-]*\d+$/, "");
const folderLabel = (path: string) => basename(dirname(path));

const SPLIT_FOLDERS = { train: "train", training: "train", test: "test", testing: "test" } as const;

/** The split named by a folder of the path. */
function splitOf(path: string): "train" | "test" | undefined {
	const part = path
		.split(/[\\/]/)
		.slice(0, -1)
		.findLast((name) => Object.hasOwn(SPLIT_FOLDERS, name));
	return part === undefined ? undefined : SPLIT_FOLDERS[part as keyof typeof SPLIT_FOLDERS];
}

const hasLabelColumn = (recording: Recording) => firstOf(recording.blocks())?.labels !== undefined;
const statesLabel = ({ label }: Recording) => label !== undefined;
const hasNameLabel = ({ path }: Recording) => nameLabel(path) !== "";

/** Source of labels, when not stated. */
function findLabels(recordings: readonly Recording[], background: boolean): LabelsFrom {
	if (background ? recordings.some(hasLabelColumn) : recordings.every(hasLabelColumn)) return "column";
	if (recordings.every(statesLabel)) return "file";
	const folders = new Set(recordings.map(({ path }) => folderLabel(path)));
	const tell = folders.size > 1 && ![...folders].every((name) => Object.hasOwn(SPLIT_FOLDERS, name));
	return tell || !recordings.every(hasNameLabel) ? "folder" : "name";
}

/** @throws UserError naming the first without labels there */
function checkLabels(labels: LabelsFrom, recordings: readonly Recording[]): void {
	const has = { column: hasLabelColumn, file: statesLabel, folder: () => true, name: hasNameLabel }[labels];
	const bare = recordings.find((recording) => !has(recording));
	const lacks = {
		...{ column: "has no column of labels; name it with --label", file: "has no label of its own" },
		...{ folder: "is in no folder", name: "has a name without a label" },
	}[labels];
	if (bare)
		throw new UserError(
			`${bare.path} ${lacks}, or choose another source (--labels ${labels === "folder" ? "name" : "folder"}).`,
		);
}

/** A recording without the labels or groups of its steps: others were stated. */
function without(recording: Recording, left: { labels: boolean; groups: boolean }): Recording {
	return {
		...recording,
		*blocks() {
			for (const block of recording.blocks()) {
				const kept = { ...block };
				if (left.labels) delete kept.labels;
				if (left.groups) delete kept.groups;
				yield kept;
			}
		},
	};
}

/** @throws UserError when there are none, their channels differ, or the stated source has no labels */
export function openSources(
	paths: readonly string[],
	options: ReadOptions & {
		labels?: LabelsFrom | undefined;
		groupFrom?: RegExp | undefined;
		/** Labels are used, also where there are targets of steps. */
		labelled?: boolean | undefined;
		/** Given: recordings may have steps without labels, or none at all. */
		background?: string | undefined;
	},
): { sources: Source[]; labels: LabelsFrom | "targets" } {
	const recordings = listFiles(paths).map((path) => openRecording(path, options));
	const [first] = recordings;
	if (!first) throw new UserError(`There are no recordings in ${paths.join(", ")}.`);
	const names = ({ channels }: Recording) => channels.map(({ name, unit }) => `${name} [${unit}]`).join(", ");
	const targetsOf = ({ targets = [] }: Recording) => targets.map(nameOf).join(", ") || "none";
	for (const recording of recordings)
		if (recording.channels.length !== first.channels.length || names(recording) !== names(first))
			throw new UserError(
				`${recording.path} has the channels ${names(recording)} where ${first.path} has ${names(first)}; leave columns out with --ignore, or cut them separately.`,
			);
	const other = recordings.find((recording) => targetsOf(recording) !== targetsOf(first));
	if (other)
		throw new UserError(
			`${other.path} has the targets ${targetsOf(other)} where ${first.path} has ${targetsOf(first)}; leave columns out with --ignore, or cut them separately.`,
		);
	const backed = options.background !== undefined;
	const stepped = first.targets !== undefined && !options.labelled;
	if (stepped && (backed || options.labels !== undefined))
		throw new UserError(
			`${first.path} has targets of steps (${targetsOf(first)}), which are used in place of labels; leave ${backed ? "--background" : "--labels"} out, or the targets with --ignore.`,
		);
	const labels = stepped ? "targets" : (options.labels ?? findLabels(recordings, backed));
	if (labels !== "targets" && !backed) checkLabels(labels, recordings);
	const labelOf = {
		targets: targetsOf,
		column: () => undefined,
		file: ({ label }: Recording) => label,
		folder: ({ path }: Recording) => folderLabel(path),
		name: ({ path }: Recording) => nameLabel(path),
	}[labels];
	const sources = recordings.map((recording): Source => {
		const { path } = recording;
		const given = splitOf(path);
		const matched = options.groupFrom?.exec(path);
		if (options.groupFrom && !matched)
			throw new UserError(`--group-from ${options.groupFrom.source} does not occur in ${path}.`);
		return {
			recording: without(recording, { labels: labels !== "column", groups: matched !== undefined }),
			label: labelOf(recording),
			group: matched?.[1] ?? matched?.[0] ?? path,
			...(given && { given }),
		};
	});
	return { sources, labels };
}
