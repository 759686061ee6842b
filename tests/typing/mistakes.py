"""Mistakes: a type checker objects to each line that ends in a remark, and to no other."""

import lstminspect as li

layer = li.Layer("lstm", units=64, features=3)
li.Layer("lstm", units=64, features=3, bidirectionl=True)  # wrong
li.Layer("lstm", units=64, features=3, hiden_size=64)  # wrong
li.Layer("lstm", units=64, features=3, bidirectional=True, merge_mode="add")  # wrong
li.Layer("lstm", units=64.0, features=3)  # wrong
li.Layer("lstm", units=64, features=2.5)  # wrong
li.Layer("lstm", units=64, features=3, layers=2.0)  # wrong
li.Layer("projected", units=64, features=3, projection=1.5)  # wrong
li.report(layer, "kreas")  # wrong
layer.parameters_in("pytroch")  # wrong
layer.formula("tensorflow2")  # wrong
li.convert({}, "keras", "pytorh")  # wrong
li.render(layer, "jsn")  # wrong
li.render("lstm")  # wrong
layer.to_yaml()  # wrong
li.solve(17408, "gru", feature=3)  # wrong
li.solve(17408.5, "gru", features=3)  # wrong
li.sweep(["lstm"], [1.5], [3])  # wrong
li.compare("lstm", "gru", unit=64)  # wrong
li.compare("lstm", "gru", units=64, features=3, convention="keas")  # wrong
li.symbols("lstm", merge_mode="average")  # wrong
li.cost(layer, dtype="float23")  # wrong
li.fits(layer, flash=2.5)  # wrong
li.picture(layer, "weigths")  # wrong
li.quiz(topics=["counts"])  # wrong
li.validate(layer, "tensorflow")  # wrong
li.run(layer, [], [[1.0]], masked_output="zero")  # wrong
li.gradients(layer, [], [[1.0]], empty_state="zero")  # wrong
li.random_weights(layer, "keres")  # wrong
li.model("LSTM(4)", convention="keraz")  # wrong
li.cells.get("lstm").count(units=2.5)  # wrong
li.explore("lstm")  # wrong
li.explore(layer).units = 2.5  # wrong
