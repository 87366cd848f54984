// Runs on XS on rv32, for rv32.test.ts: timers and a serial port that come and go between collections; logs "right" at the end.
// Functions made here carry the mark of the function prototype, which is in ROM.
import Serial from "embedded:io/serial";
import { collectGarbage, log } from "edge-ssm/memory";
import Timer from "timer";

const ROUNDS = 100;

export default function () {
	let rounds = 0;
	let fired = 0;
	let kept: { round: number; text: string }[] = [];
	const late = () => log("a timer fired that was cleared");

	const round = () => {
		rounds++;
		kept = Array.from({ length: 20 }, (_, i) => ({ round: rounds, text: `${rounds}, ${i}` }));
		const repeated = Timer.repeat(late, 1000);
		const cleared = Array.from({ length: 10 }, () => Timer.set(() => late(), 1000));
		for (const timer of cleared) Timer.clear(timer);
		new Serial({ format: "buffer", onReadable: () => {}, onWritable: () => {} }).close();
		collectGarbage();
		Timer.clear(repeated);
		for (let i = 0; i < 3; i++)
			Timer.set(() => {
				fired++;
				collectGarbage();
			});
		if (rounds < ROUNDS) Timer.set(round, rounds % 2);
		else Timer.set(end, 5);
	};
	const end = () => {
		const whole = kept.every(({ round, text }, i) => round === ROUNDS && text === `${ROUNDS}, ${i}`);
		log(whole && fired === 3 * ROUNDS ? "right" : `${fired} timers fired`);
	};
	Timer.set(round);
}
