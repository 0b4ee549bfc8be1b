pirnt("Ada")
