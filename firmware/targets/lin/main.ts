// Entry on the Moddable SDK's desktop simulator.
import start from "lin";
import main from "../../app/main";

export default function () {
	start();
	main({ target: "lin" });
}
