// The application that ships, as rv32 starts it.
import main from "../../app/main";

export default () => main({ target: "rv32" });
