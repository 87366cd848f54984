// Asks one build of the kernel all cases: `node ask.js LIBRARY CASES`; CASES has one of them a line. Ends with 1 and says where at the first wrong answer.
import { readFileSync } from "node:fs";
import koffi from "koffi";
import type { Call, Case } from "./cases";

const [path, cases] = process.argv.slice(2) as [string, string];
const library = koffi.load(path);
const c = {
	arenaSize: library.func("int essm_arena_size(void *blob, uint32_t length, _Out_ uint32_t *size)"),
	open: library.func(
		"int essm_open(void *model, void *blob, uint32_t length, void *arena, uint32_t arena_length)",
	),
	reset: library.func("int essm_reset(void *model)"),
	write: library.func("int essm_write(void *model, void *samples, uint32_t count)"),
	outputs: library.func("int essm_outputs(void *model, void *outputs)"),
	stateSize: library.func("uint32_t essm_state_size(void *model)"),
	save: library.func("int essm_save_state(void *model, void *state, uint32_t length)"),
	restore: library.func("int essm_restore_state(void *model, void *state, uint32_t length)"),
	name: library.func("const char *essm_error_name(int code)"),
};

const MODEL_BYTES = 256; // more than sizeof(essm) on any machine
const CANARY = 0xa5;

/** The answers of one case as they come. */
class Model {
	readonly model = new Uint8Array(MODEL_BYTES);
	readonly blob: Uint8Array;
	readonly channels: number;
	arena = new Uint8Array(0);
	arenaBytes = 0;

	constructor({ blob, channels = 1, offset = 0 }: Case) {
		this.channels = channels;
		const bytes = Buffer.from(blob, "base64");
		this.blob = new Uint8Array(bytes.length + 8).subarray(offset, offset + bytes.length);
		this.blob.set(bytes);
	}

	#name = (code: number): string => (code === 0 ? "" : (c.name(code) as string));

	answer(call: Call): { answer: string; expected: string } {
		if ("open" in call) {
			const size = [0];
			const refused = c.arenaSize(this.blob, this.blob.length, size) as number;
			const { arenaShort = 0, arenaOffset = 0 } = call;
			this.arenaBytes = size[0]! - arenaShort;
			this.arena = new Uint8Array(size[0]! + 64).fill(CANARY).subarray(arenaOffset);
			const opened = c.open(this.model, this.blob, this.blob.length, this.arena, this.arenaBytes) as number;
			const answer = refused && refused !== opened ? "arena size and open disagree" : this.#name(opened);
			return { answer, expected: call.open };
		}
		if ("write" in call) {
			const samples = Int16Array.from(call.write);
			const answer = this.#name(c.write(this.model, samples, samples.length / this.channels) as number);
			return { answer, expected: call.gives ?? "" };
		}
		if ("reset" in call) return { answer: this.#name(c.reset(this.model) as number), expected: "" };
		if ("outputs" in call) {
			const count = call.outputs.startsWith("ESSM") ? 1024 : call.outputs.split(",").length;
			const outputs = new Int32Array(count + 4).fill(CANARY);
			const code = c.outputs(this.model, outputs) as number;
			const beyond = outputs.subarray(count).every((v) => v === CANARY) ? "" : " and more";
			return {
				answer: code ? this.#name(code) : `${outputs.subarray(0, count)}${beyond}`,
				expected: call.outputs,
			};
		}
		if ("restore" in call) {
			const state = Uint8Array.from(Buffer.from(call.restore, "base64"));
			return {
				answer: this.#name(c.restore(this.model, state, state.length) as number),
				expected: call.gives,
			};
		}
		const state = new Uint8Array(c.stateSize(this.model) as number);
		const code = c.save(this.model, state, state.length) as number;
		if ("steps" in call)
			return { answer: `${new DataView(state.buffer).getUint32(8, true)}`, expected: `${call.steps}` };
		const body = Buffer.from(state.subarray(8, -4)).toString("base64");
		return { answer: code ? this.#name(code) : body, expected: call.state };
	}

	overrun(): boolean {
		return !this.arena.subarray(this.arenaBytes).every((v) => v === CANARY);
	}
}

/** Read one by one: most faults show in the first. */
const lines = readFileSync(cases);
for (let at = 0, end = 0; at < lines.length; at = end + 1) {
	end = lines.indexOf("\n", at);
	const one = JSON.parse(lines.toString("utf8", at, end)) as Case;
	const model = new Model(one);
	for (const [i, call] of one.calls.entries()) {
		const { answer, expected } = model.answer(call);
		const wrong = answer !== expected ? answer : model.overrun() ? "wrote beyond the arena" : undefined;
		if (wrong !== undefined) {
			console.log(`${one.name}, call ${i}: ${wrong.slice(0, 60)} where ${expected.slice(0, 60)} is right`);
			process.exit(1);
		}
		if (answer.startsWith("ESSM_E_") && "open" in call) break;
	}
}
