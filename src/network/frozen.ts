/**
 * Freezes a constant made of arrays and object literals, all the way down. What firmware has in flash and might be changed costs
 * it RAM, so the linker of XS warns of it.
 */
export function frozen<T>(constant: T): T {
	if (Array.isArray(constant) || isLiteral(constant)) {
		Object.freeze(constant);
		Object.values(constant as object).forEach(frozen);
	}
	return constant;
}

/** Not so functions, and the namespaces of modules, which nobody can change. */
function isLiteral(value: unknown): boolean {
	return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
