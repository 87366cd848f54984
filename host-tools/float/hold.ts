// The zero-order hold of one diagonal mode.

/**
 * Abar = exp(step A) = re + i im, and the factor (Abar - 1) / A of its input.
 * @param logRe A = -exp(logRe) + i AIm
 */
export function hold(step: number, logRe: number, AIm: number) {
	const ARe = -Math.exp(logRe);
	const radius = Math.exp(step * ARe);
	const [re, im] = [radius * Math.cos(step * AIm), radius * Math.sin(step * AIm)];
	// (Abar - 1) / A = (Abar - 1) conj(A) / |A|^2
	const square = ARe * ARe + AIm * AIm;
	return {
		re,
		im,
		factorRe: ((re - 1) * ARe + im * AIm) / square,
		factorIm: (im * ARe - (re - 1) * AIm) / square,
	};
}
