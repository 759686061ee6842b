"""A whole model from its code: shapes, parameters, work, and where shapes stop.

python examples/summarize_a_model.py
"""

import lstminspect as li

MODEL = """
words = Input((None,))
_, h, c = LSTM(64, return_state=True)(Embedding(5000, 32)(words))
before = Input((None,))
y = LSTM(64, return_sequences=True)(Embedding(4000, 32)(before), initial_state=[h, c])
model = Model([words, before], Dense(4000, activation='softmax')(y), name='translation')
"""

model = li.model(MODEL, timesteps=20)
print(li.render(model.summary(formulas=True, costs=True)))

print(
    "\nThe same model as PyTorch would store it:",
    f"{li.model(MODEL, convention='pytorch').parameters:,}",
)

try:
    li.model("Input((30, 8)), LSTM(32), LSTM(16), Dense(1)")
except li.ModelError as error:
    print(f"\n{error}")
    print(f"Above {error.layer}: {error.model.parameters:,} parameters.")
    print("Most likely:", error.explanation.findings[3].what)
