require("missing.part")
