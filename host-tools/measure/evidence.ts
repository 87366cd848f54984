// The evidence of a measurement: one JSON file with what was measured, on what, built how, by which command, and every raw
// figure. Physical and emulated devices are told apart.
import { type, version } from "node:os";
import { VERSION } from "../files/project";
import { writeWhole } from "../files/write";
import type { DeviceFacts } from "./device";
import type { Measurement } from "./measure";

export interface Evidence {
	format: "edge-ssm measurement 1";
	/** ISO 8601. */
	date: string;
	/** As given. */
	command: string[];
	tool: { version: string; node: string; system: string };
	/** What ran the firmware: by the target the device itself names, however it is connected. */
	kind: "board" | "emulated" | "this machine";
	setup: DeviceFacts;
	measurement: Measurement;
}

/** Targets that are not boards. */
const KINDS: ReadonlyMap<string, Evidence["kind"]> = new Map([
	["rv32", "emulated"],
	["host", "this machine"],
	["lin", "this machine"],
]);

/** @param command the arguments of the command line */
export function evidenceOf(
	measurement: Measurement,
	setup: DeviceFacts,
	command: readonly string[],
): Evidence {
	return {
		format: "edge-ssm measurement 1",
		date: new Date().toISOString(),
		command: ["edge-ssm", ...command],
		tool: { version: VERSION, node: process.version, system: `${type()} ${process.arch} ${version()}` },
		kind: KINDS.get(measurement.target) ?? "board",
		setup,
		measurement,
	};
}

/** Writes it atomically. @throws UserError */
export function writeEvidence(path: string, evidence: Evidence): void {
	writeWhole(path, Buffer.from(`${JSON.stringify(evidence, undefined, "\t")}\n`));
}
