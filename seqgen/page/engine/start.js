// The page of one model that it carries.
import { carriedBytes, carriedJson } from "../interface/scripts/carried.js";
import { showPage } from "../interface/scripts/page.js";
import { openLocalModel } from "./local_model.js";

showPage(async () => [await openLocalModel(carriedJson("model"), carriedBytes)]);
