// Roles of a table's columns, by name or as stated. Columns other than time, label, group, sequence, index and targets are
// channels.
import { UserError } from "../terminal/errors";
import type { Channel, ReadOptions } from "./recording";

const NAMES = {
	time: /^(time|times|timestamp|t|ts|date|datetime|epoch|elapsed|seconds|millis|milliseconds)\b|^(time|timestamp|t|ts)[_ ]?(s|ms|us|ns)\b/,
	label: /^(label|class|activity|target|gesture|annotation)s?$/,
	group: /^(group|subject|user|person|participant|patient)s?([_ ]?id)?$/,
	sequence: /^(sequence|recording)([_ ]?id)?$/,
	index: /^(|#|index|idx|step|unnamed: \d+)$/,
};
/** "target speed (m/s)": a value to predict at every step. */
const TARGET = /^\s*target\s+(?=\S)/i;
type Role = keyof typeof NAMES;

export interface Columns {
	/** Index of each; absent: no such column. */
	time?: number;
	label?: number;
	group?: number;
	sequence?: number;
	channels: number[];
	targets: number[];
	/** Names of ignored columns. */
	ignored: string[];
}

/** "acc x (m/s2)" split into name and unit. */
export function channelOf(text: string): Channel {
	const [, name = text, unit = ""] = /^(.*\S)\s*[([]([^()[\]]*)[)\]]$/.exec(text) ?? [];
	return { name, unit };
}

/** The same without "target" before it. */
export const targetOf = (text: string): Channel => channelOf(text.replace(TARGET, ""));

/** @throws UserError when a stated column is missing, or no channel remains */
export function findColumns(path: string, header: readonly string[], options: ReadOptions): Columns {
	const stated = { time: options.time, label: options.label, group: options.group };
	const places = new Map<Role, number>();
	for (const [role, name] of Object.entries(stated)) {
		if (name === undefined) continue;
		const place = header.indexOf(name);
		if (place < 0)
			throw new UserError(
				`${path} has no column "${name}"; its columns are ${header.map((h) => `"${h}"`).join(", ")}.`,
			);
		places.set(role as Role, place);
	}
	const ignored: number[] = (options.ignore ?? []).map((name) => header.indexOf(name)).filter((i) => i >= 0);
	const channels: number[] = [];
	const targets: number[] = [];
	header.forEach((name, i) => {
		if (ignored.includes(i) || [...places.values()].includes(i)) return;
		const role = (Object.keys(NAMES) as Role[]).find((r) => NAMES[r].test(name.trim().toLowerCase()));
		if (TARGET.test(name)) targets.push(i);
		else if (role === "index") ignored.push(i);
		else if (role && !places.has(role)) places.set(role, i);
		else channels.push(i);
	});
	if (!channels.length) throw new UserError(`${path} has no channel column.`);
	const { time, label, group, sequence } = Object.fromEntries(places) as Record<Role, number>;
	return {
		...(time !== undefined && { time }),
		...(label !== undefined && { label }),
		...(group !== undefined && { group }),
		...(sequence !== undefined && { sequence }),
		channels,
		targets,
		ignored: ignored.map((i) => header[i]!),
	};
}
