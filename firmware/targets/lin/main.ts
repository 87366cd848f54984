// Entry on the Moddable SDK's desktop simulator.
import start, { resetCause } from "lin";
import main from "../../app/main";

export default function () {
	start();
	main({ target: "lin", resetCause: resetCause() });
}
