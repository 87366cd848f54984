// Entry of the shipped application on rv32.
import main from "../../app/main";

export default () => main({ target: "rv32" });
