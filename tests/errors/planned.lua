print(File.read("notes.txt"))
