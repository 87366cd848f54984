// The folder of a recording session: a subfolder per label with a numbered CSV file per clip. Nothing is deleted: undone and
// incomplete clips go into hidden folders, and a clip that cannot be written there is written elsewhere.
import {
	closeSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
	writeSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { writeWhole } from "../files/write";
import { UserError } from "../terminal/errors";

/** Steps with their numbers, which jump where steps are missing. */
export interface Clip {
	label: string;
	steps: number[];
	/** (steps, channels) physical values. */
	values: number[];
}

/** Most steps from one step of a clip to the next; 1: none are missing. */
export const longestGap = ({ steps }: Clip) =>
	steps.reduce((most, step, i) => (i ? Math.max(most, step - steps[i - 1]!) : most), 1);

const LOCK = ".recording";
const UNDONE = ".undone";
const UNFINISHED = ".unfinished";

/** @throws UserError when a label is not a valid folder name */
export function checkLabel(label: string): string {
	const control = [...label].some((c) => c < " " || c === "\u007f");
	const plain = /^[^./\\<>:"|?*][^/\\<>:"|?*]{0,99}$/.test(label) && label.trim() === label;
	if (plain && !control) return label;
	throw new UserError(
		`The label ${JSON.stringify(label.slice(0, 40))} cannot be the name of a folder; use letters, digits, blanks, - and _.`,
	);
}

const quoted = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

export class ClipFolder {
	readonly #folder: string;
	readonly #header: string;
	readonly #rate: number;
	readonly #channels: number;
	readonly #written: { label: string; file: string }[] = [];

	/** Locks the folder for this process. @throws UserError when another process records into it */
	constructor(folder: string, channels: readonly string[], rate: number) {
		this.#folder = folder;
		this.#rate = rate;
		this.#channels = channels.length;
		this.#header = ["time (s)", ...channels].map(quoted).join(",");
		try {
			mkdirSync(folder, { recursive: true });
			this.#lock();
		} catch (error) {
			if (error instanceof UserError) throw error;
			throw new UserError(`The folder ${folder} could not be created: ${(error as Error).message}.`);
		}
	}

	#lock(): void {
		const path = join(this.#folder, LOCK);
		try {
			const file = openSync(path, "wx");
			writeSync(file, String(process.pid));
			closeSync(file);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			const owner = Number(readFileSync(path, "utf8"));
			if (isRunning(owner))
				throw new UserError(
					`Another recorder (process ${owner}) writes to ${this.#folder}; stop it, or choose another folder.`,
				);
			rmSync(path, { force: true }); // left by a killed process
			this.#lock();
		}
	}

	/** Existing clips of a label. */
	count(label: string): number {
		return this.#numbers(label).length;
	}

	#numbers(label: string): number[] {
		const folder = join(this.#folder, label);
		if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
		return readdirSync(folder).flatMap((name) =>
			/^\d+\.csv$/.test(name) ? [Number.parseInt(name, 10)] : [],
		);
	}

	#text({ steps, values }: Clip): Buffer {
		const first = steps[0] ?? 0;
		const lines = steps.map((step, i) =>
			[
				Number(((step - first) / this.#rate).toFixed(6)),
				...values.slice(i * this.#channels, (i + 1) * this.#channels).map((v) => Number(v.toPrecision(7))),
			].join(","),
		);
		return Buffer.from(`${[this.#header, ...lines].join("\n")}\n`);
	}

	/** Writes a clip. @returns its file @throws UserError naming where the clip is when its folder cannot be written */
	add(clip: Clip): string {
		return this.#write(clip, join(this.#folder, clip.label), true);
	}

	/** Keeps an incomplete clip apart from the others; undefined when there is nothing. */
	keepUnfinished(clip: Clip): string | undefined {
		return clip.steps.length
			? this.#write(clip, join(this.#folder, UNFINISHED, clip.label), false)
			: undefined;
	}

	#write(clip: Clip, folder: string, counts: boolean): string {
		const name = `${String(Math.max(0, ...this.#numbers(clip.label)) + 1).padStart(4, "0")}.csv`;
		const file = join(folder, counts ? name : `${Date.now()}.csv`);
		try {
			mkdirSync(folder, { recursive: true });
			writeWhole(file, this.#text(clip));
		} catch (error) {
			const why = (error as Error).message.replace(/\.$/, "");
			throw new UserError(`${why}; the clip is ${this.#elsewhere(clip, name)}.`);
		}
		if (counts) this.#written.push({ label: clip.label, file });
		return file;
	}

	/** Writes a clip where there is still room. @returns where that is */
	#elsewhere(clip: Clip, name: string): string {
		const places = [tmpdir(), homedir()];
		for (const place of places) {
			const file = join(place, `edge-ssm-${process.pid}-${clip.label}-${name}`);
			try {
				writeWhole(file, this.#text(clip));
				return `in ${file}`;
			} catch {
				// The next place may have room.
			}
		}
		return `lost, since ${places.join(" and ")} could not be written either`;
	}

	/** Undoes the last clip of this session, moving it to a hidden folder. @returns its label; undefined when there is none */
	undo(): string | undefined {
		const last = this.#written.pop();
		if (!last) return undefined;
		const folder = join(this.#folder, UNDONE, last.label);
		mkdirSync(folder, { recursive: true });
		renameSync(last.file, join(folder, `${Date.now()}.csv`));
		return last.label;
	}

	close(): void {
		rmSync(join(this.#folder, LOCK), { force: true });
	}
}

function isRunning(pid: number): boolean {
	if (!Number.isInteger(pid) || pid < 1) return false;
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}
