// Whether a device takes a model, as far as its INFO tells: refused here, nothing is sent.
import { readContainer } from "../../src/blob/container";
import type { DeviceInfo } from "../device/client";
import { isSignedBy } from "../signing/keys";
import { UserError } from "../terminal/errors";

/**
 * @param blob a valid blob
 * @throws UserError when the device's firmware was built with a public key that did not sign it, or when it states too low a
 * version. A model that runs already is taken whatever it states.
 */
export function checkTaken(blob: Uint8Array, { publicKey, minimumVersion = 0, model }: DeviceInfo): void {
	if (publicKey === undefined) return;
	const { identity, signature, version } = readContainer(blob);
	const key = Buffer.from(publicKey).toString("hex").slice(0, 16);
	if (signature === undefined)
		throw new UserError(
			`The model is not signed, and this device runs only models signed by its key (${key}...); sign it with "edge-ssm sign".`,
		);
	if (!isSignedBy(blob, publicKey))
		throw new UserError(
			`The model is signed by another key than the one that this device trusts (${key}...); sign it with that one, or flash firmware built with yours.`,
		);
	const runs = model !== undefined && Buffer.from(model.identity).equals(identity);
	if (version < minimumVersion && !runs)
		throw new UserError(
			`The model states version ${version}, and this device has run version ${minimumVersion} already; state that or a higher one with "edge-ssm sign --model-version".`,
		);
}
