// Rotations as unit quaternions, and the sine they need: the same bits on every machine.

export type Quaternion = [w: number, x: number, y: number, z: number];

/** sin of an angle in turns: Taylor series to u^17 on a quarter turn, error below 1e-13; the same bits everywhere. */
export function sine(turns: number): number {
	let u = turns - Math.round(turns);
	if (u > 0.25) u = 0.5 - u;
	else if (u < -0.25) u = -0.5 - u;
	const x = u * (2 * Math.PI);
	const s = x * x;
	let sum = 1;
	for (let k = 16; k >= 2; k -= 2) sum = 1 - (sum * s) / (k * (k + 1));
	return x * sum;
}
export const cosine = (turns: number) => sine(turns + 0.25);
export const TURN = 1 / (2 * Math.PI);

export function rotation(rx: number, ry: number, rz: number): Quaternion {
	const angle = Math.sqrt(rx * rx + ry * ry + rz * rz);
	if (angle < 1e-9) return [1, rx / 2, ry / 2, rz / 2];
	const s = sine((angle / 2) * TURN) / angle;
	return [cosine((angle / 2) * TURN), rx * s, ry * s, rz * s];
}

export function multiply(p: Quaternion, q: Quaternion): Quaternion {
	return [
		p[0] * q[0] - p[1] * q[1] - p[2] * q[2] - p[3] * q[3],
		p[0] * q[1] + p[1] * q[0] + p[2] * q[3] - p[3] * q[2],
		p[0] * q[2] - p[1] * q[3] + p[2] * q[0] + p[3] * q[1],
		p[0] * q[3] + p[1] * q[2] - p[2] * q[1] + p[3] * q[0],
	];
}

export const conjugate = (q: Quaternion): Quaternion => [q[0], -q[1], -q[2], -q[3]];

/** The vector v rotated by q. */
export function turned(q: Quaternion, x: number, y: number, z: number): [number, number, number] {
	const [, rx, ry, rz] = multiply(multiply(q, [0, x, y, z]), conjugate(q));
	return [rx, ry, rz];
}
