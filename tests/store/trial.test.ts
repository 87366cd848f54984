// A model's trial: a model that does not run gives way to the one before it after three attempts, whatever power does.
import { describe, expect, test } from "vitest";
import { type Ending, Flag, Slot } from "../../src/store/slot";
import type { ModelStore, StoredModel } from "../../src/store/store";
import { blobOf, contents, device, identityOf, load, SECTOR, update } from "../support/store-device";
import { PowerCut } from "../support/store-flash";

const OLD = blobOf(450, 1);
const FRESH = blobOf(600, 2);

/** What the application does at each start. @param cause of the reset; absent: power was lost */
function start(store: ModelStore, cause?: Ending): StoredModel | undefined {
	if (cause !== undefined) store.crashed(cause);
	const active = store.active();
	if (active?.onTrial) store.beginAttempt(active);
	return active;
}

test("[L32] a model runs on trial after its commit, and is confirmed once", () => {
	const { boot, slots } = device();
	const store = boot();
	update(store, OLD, 1);
	expect(load(store, FRESH, 2).model.onTrial).toBe(true);
	const started = start(boot())!;
	expect([started.slot, started.onTrial]).toEqual([1, true]);
	const running = boot();
	const model = running.active()!;
	running.confirm(model);
	expect(model.onTrial).toBe(false);
	expect(boot().active()).toMatchObject({ slot: 1, onTrial: false });
	const before = slots[1].bytes.slice();
	for (const cause of ["crash", "watchdog reset", "crash", "crash"] as const) start(boot(), cause);
	expect(slots[1].bytes).toEqual(before); // what is confirmed is not counted any more
	expect(contents(boot())).toEqual(Array.from(FRESH));
});

test("[L33] three attempts that end in a crash or a watchdog reset give a model up; the store tells why", () => {
	const { boot } = device();
	update(boot(), OLD, 1);
	load(boot(), FRESH, 2);
	start(boot());
	expect(start(boot(), "crash")!.slot).toBe(1);
	expect(start(boot(), "watchdog reset")!.slot).toBe(1);
	expect(boot().refusal(1)).toBeUndefined();
	expect(start(boot(), "crash")!.slot).toBe(0);
	expect(boot().refusal(1)).toBe("model_b: given up, its starts ended in crash, watchdog reset, crash");
	expect(start(boot(), "crash")!.slot).toBe(0); // the old model is confirmed: nothing is counted
	expect(() => boot().commit(identityOf(2), () => true)).toThrow(
		expect.objectContaining({ kind: "given-up", message: boot().refusal(1) }),
	);
	expect(load(boot(), FRESH, 2).offset).toBe(0); // loaded again it has another trial
	expect(start(boot())).toMatchObject({ slot: 1, onTrial: true, sequence: 3 });
});

test("[L33] a power cut does not count, nor does a crash before an attempt", () => {
	const { boot, slots } = device();
	update(boot(), OLD, 1);
	load(boot(), FRESH, 2);
	for (let i = 0; i < 3; i++) boot().crashed("crash"); // of the run that loaded it
	expect(new Slot(slots[1]).failures()).toEqual([]);
	start(boot());
	const begun = slots[1].bytes.slice();
	for (let i = 0; i < 100; i++) expect(start(boot())!.slot).toBe(1);
	expect(slots[1].bytes).toEqual(begun); // nor does it wear
	start(boot(), "crash");
	start(boot());
	expect(new Slot(slots[1]).failures()).toEqual(["crash"]);
});

test("[L33] with no other model none runs, and the next load is free to go", () => {
	const { boot } = device();
	load(boot(), FRESH, 2);
	for (const cause of [undefined, "crash", "crash", "crash"] as const) start(boot(), cause);
	expect(boot().active()).toBeUndefined();
	expect(boot().refusal(0)).toMatch(/^model_a: given up/);
	const commit = (seed: number) => () => boot().commit(identityOf(seed), () => true);
	expect(commit(2)).toThrow(expect.objectContaining({ kind: "given-up", message: boot().refusal(0) }));
	expect(commit(3)).toThrow(expect.objectContaining({ kind: "refused" }));
	update(boot(), OLD, 1);
	expect(contents(boot())).toEqual(Array.from(OLD));
});

test("[L34] while a model is on trial the one to go back to is not overwritten, but another one is", () => {
	const { boot } = device();
	update(boot(), OLD, 1);
	load(boot(), FRESH, 2);
	expect(() => update(boot(), blobOf(500, 3), 3)).toThrow(
		/model_b holds a model on trial, and model_a the one/,
	);
	expect(load(boot(), FRESH, 2).offset).toBe(600); // it runs already
	expect(boot().rollback(2).slot).toBe(0);
	update(boot(), blobOf(500, 3), 3);
	expect(contents(boot())).toEqual(Array.from(blobOf(500, 3)));

	const first = device();
	load(first.boot(), OLD, 1);
	update(first.boot(), FRESH, 2);
	expect(contents(first.boot())).toEqual(Array.from(FRESH));
});

test("[L25] every bit of a flag counts", () => {
	const { boot, slots } = device();
	update(boot(), OLD, 1);
	load(boot(), FRESH, 2);
	for (const cause of [undefined, "crash", "crash", "crash"] as const) start(boot(), cause);
	const given = slots[1].bytes.slice();
	for (const [at, slot] of [
		[84, 1],
		[100, 1],
		[116, 1],
		[80, 0], // that an attempt was begun says nothing once it has failed
	] as const)
		for (let bit = 0; bit < 32; bit++) {
			slots[1].bytes.set(given);
			slots[1].bytes[at + (bit >> 3)]! |= 1 << (bit & 7);
			expect(boot().active()!.slot, `bit ${bit} of ${at}`).toBe(slot);
		}
});

describe.each([false, true])("[L28, L33] power cut at every byte (erase downwards: %s)", (eraseDown) => {
	let starts = 0; // of the fresh model

	/** Lets a device live on until it is settled: each start of the fresh model ends as `endings` says, in turns, or runs. */
	function live(boot: () => ModelStore, endings: readonly (Ending | "confirm" | "power")[]) {
		let crashes = 0;
		let cause: Ending | undefined;
		for (;;) {
			const running = start(boot(), cause);
			if (running === undefined || !running.onTrial) return { running, crashes };
			const runs = endings.at(-1) === "confirm" && starts >= endings.length;
			const ending = runs ? "confirm" : endings[starts % endings.length]!;
			starts++;
			cause = undefined;
			if (ending === "confirm") boot().confirm(running);
			else if (ending !== "power") {
				cause = ending;
				crashes++;
			}
		}
	}

	const lives: Record<
		string,
		{ endings: (Ending | "confirm" | "power")[]; first?: boolean; fresh: boolean }
	> = {
		"a model that runs": { endings: ["confirm"], fresh: true },
		"a model that crashes": { endings: ["crash"], fresh: false },
		"one that crashes, hangs, and loses power in between": {
			endings: ["crash", "power", "watchdog reset", "power"],
			fresh: false,
		},
		"one that crashes twice and runs then": { endings: ["crash", "crash", "confirm"], fresh: true },
		"the first model ever, which crashes": { endings: ["crash"], first: true, fresh: false },
	};

	test.each(Object.keys(lives))("%s", (name) => {
		const { endings, first, fresh } = lives[name]!;
		const { power, slots, boot } = device({ eraseDown });
		if (!first) update(boot(), OLD, 1);
		const old = first ? undefined : Array.from(OLD);
		const wanted = fresh ? Array.from(FRESH) : old;
		const origin = slots.map((slot) => slot.bytes.slice());
		power.used = starts = 0;
		load(boot(), FRESH, 2);
		const loaded = power.used;
		const whole = live(boot, endings);
		const total = power.used;
		expect(contents(boot())).toEqual(wanted);
		expect(whole.crashes).toBe(
			endings.filter((ending) => ending === "crash").length === 2 ? 2 : fresh ? 0 : 3,
		);

		let inTrial = 0;
		for (let limit = 0; limit < total; limit++) {
			slots.forEach((slot, i) => {
				slot.bytes.set(origin[i]!);
			});
			Object.assign(power, { used: 0, limit });
			starts = 0;
			const life = () => {
				load(boot(), FRESH, 2);
				live(boot, endings);
			};
			expect(life).toThrow(PowerCut);
			power.limit = Infinity;
			const found = contents(boot());
			expect([old, Array.from(FRESH)], `cut at byte ${limit}`).toContainEqual(found);
			if (limit < loaded) {
				expect(found, `cut at byte ${limit}`).toEqual(old);
				load(boot(), FRESH, 2);
			} else inTrial++;
			const after = live(boot, endings);
			expect(after.crashes).toBeLessThanOrEqual(3);
			expect(after.running && Array.from(after.running.blob), `settled after byte ${limit}`).toEqual(wanted);
			const place = new Slot(slots[first ? 0 : 1]);
			expect([place.flag(Flag.CONFIRMED), place.givenUp()]).toEqual([fresh, !fresh]);
		}
		expect(inTrial).toBe(total - loaded);
		expect(inTrial).toBeGreaterThanOrEqual(8);
	});
});

test("flash that loses the mark of an attempt does not start the model", () => {
	const { boot, slots } = device();
	update(boot(), OLD, 1);
	load(boot(), FRESH, 2);
	slots[1].lose = (offset) => offset === 80;
	expect(() => start(boot())).toThrow("flash write failed");
	expect(SECTOR).toBeGreaterThan(128);
});
