// Recordings for windows: which files, which label and group each has.
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isRecording, openRecording } from "../recordings/open";
import type { ReadOptions, Recording } from "../recordings/recording";
import { UserError } from "../terminal/errors";

export interface Source {
	recording: Recording;
	/** Of steps that have none of their own. */
	label: string | undefined;
	/** Likewise. */
	group: string;
	given?: "train" | "test";
}

/** Where labels are taken from. */
export const LABELS = ["column", "file", "folder", "name"] as const;
export type LabelsFrom = (typeof LABELS)[number];

/** Files, and those in folders and the folders in them. */
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

/** "wave-01.csv", "wave.1.csv" and "wave_3.csv" are of "wave". */
const nameLabel = (path: string) =>
	basename(path)
		.split(".")[0]!
		.replace(/[\s_-]*\d+$/, "");
const folderLabel = (path: string) => basename(dirname(path));

const SPLIT_FOLDERS = { train: "train", training: "train", test: "test", testing: "test" } as const;

/** The split that a folder of the path names. */
function splitOf(path: string): "train" | "test" | undefined {
	const part = path
		.split(/[\\/]/)
		.slice(0, -1)
		.findLast((name) => Object.hasOwn(SPLIT_FOLDERS, name));
	return part === undefined ? undefined : SPLIT_FOLDERS[part as keyof typeof SPLIT_FOLDERS];
}

function hasLabelColumn(recording: Recording): boolean {
	return recording.blocks().next().value?.labels !== undefined;
}

/** Where labels are, when nobody says it. */
function findLabels(recordings: readonly Recording[]): LabelsFrom {
	if (recordings.every(hasLabelColumn)) return "column";
	if (recordings.every(({ label }) => label !== undefined)) return "file";
	return new Set(recordings.map(({ path }) => dirname(path))).size > 1 ? "folder" : "name";
}

/** @throws UserError when there are none, or their channels differ */
export function openSources(
	paths: readonly string[],
	options: ReadOptions & { labels?: LabelsFrom | undefined; groupFrom?: RegExp | undefined },
): { sources: Source[]; labels: LabelsFrom } {
	const recordings = listFiles(paths).map((path) => openRecording(path, options));
	const [first] = recordings;
	if (!first) throw new UserError(`There are no recordings in ${paths.join(", ")}.`);
	const names = ({ channels }: Recording) => channels.map(({ name, unit }) => `${name} [${unit}]`).join(", ");
	for (const recording of recordings)
		if (recording.channels.length !== first.channels.length || names(recording) !== names(first))
			throw new UserError(
				`${recording.path} has the channels ${names(recording)} where ${first.path} has ${names(first)}; leave columns out with --ignore, or cut them apart.`,
			);
	const labels = options.labels ?? findLabels(recordings);
	const labelOf = {
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
			throw new UserError(`--group-from ${options.groupFrom.source} is nowhere in ${path}.`);
		return {
			recording,
			label: labelOf(recording),
			group: matched?.[1] ?? matched?.[0] ?? path,
			...(given && { given }),
		};
	});
	return { sources, labels };
}
