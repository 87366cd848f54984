// Abreu et al., "Q-S5: Towards Quantized State Space Models" (arXiv 2406.09477), the Long Range Arena: S5 of 6 to 8 layers.
import type { NamedStudy } from "./study";

/** Their accuracy in %: in float, of W8A8 not trained, and of W4A8 with A 8 trained, by the name of the data set. */
const THEIRS: Record<string, { task: string; float: number; w8a8: number; w4a8: number | null }> = {
	imdb: { task: "Text", float: 88.65, w8a8: 88.49, w4a8: 88.1 },
	listops: { task: "ListOps", float: 57.9, w8a8: 26.7, w4a8: null },
	cifar10_gray: { task: "grey CIFAR-10", float: 85.5, w8a8: 44.8, w4a8: null },
};

export const lra: NamedStudy = {
	counts: true,
	only: false,
	about: "the Long Range Arena's rows of Q-S5, for networks of any mixer",
	rows(data) {
		const theirs = THEIRS[data];
		const study = `Q-S5 on the Long Range Arena${theirs ? `, ${theirs.task} (theirs: float ${theirs.float})` : ""}`;
		const row = (name: string, width: string, bits: string, untrained: number | null = null) => ({
			...{ study, name, width, bits },
			literature: { untrained, trained: null as number | null },
		});
		const coarse = row("only A 8", "W4A8", "W=4,A=4+12,x=8d,B=4,C=4,D=4");
		return [
			row("everything 8", "W8A8", "W=8,A=4+12,x=8d,B=8,C=8,D=8", theirs?.w8a8),
			row("SSM 8", "W4A8", "W=4,A=4+12,x=8d,B=8,C=8,D=8"),
			{ ...coarse, literature: { untrained: null, trained: theirs?.w4a8 ?? null }, training: {} },
		];
	},
};
