// The shipped application, for benchmarks/signed.ts: logs how many instructions after its start its model runs. What comes
// before, the machine of XS, is the same with and without signatures, and QEMU's counter does not begin at reset.
import { count, log } from "edge-ssm/memory";
import main from "../../firmware/app/main";

export default () => {
	const start = count() ?? 0;
	const application = main({ target: "rv32" });
	const instructions = ((count() ?? 0) - start) >>> 0;
	const model = application.model();
	log(model === undefined ? "no model runs" : `${model.onTrial ? "on trial" : "confirmed"} ${instructions}`);
};
