// What every page needs of a script. Without it all is still there: figures, links and forms.
import "./keys.js";
import "./live.js";
import "./copy.js";
import { localise } from "./times.js";

localise(document);
document.documentElement.classList.add("script");
