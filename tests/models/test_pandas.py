"""Tables of pandas in a program: the columns that ours counts are those that pandas has."""

import importlib.util
import warnings

import pytest

import lstminspect as li
from lstminspect.models.reading.frames import Frame

HAS_PANDAS = importlib.util.find_spec("pandas") is not None

CSV = "Date,Open,High,Low,Close,Kind\n" + "".join(
    f"2020-01-{day:02},{day},{day + 2},{day - 1},{day + 1},{'ab'[day % 2]}\n"
    for day in range(1, 29)
)
#: Lines that make `x`, whose last axis is known from the text, whatever is in the file.
KNOWN = (
    "x = pd.read_csv(F, usecols=[1])",
    "x = pd.read_csv(F, usecols=[1, 2, 3], engine='python').values",
    "x = pd.read_csv(F, usecols=['Date', 'Open', 'Low'], index_col='Date')",
    "x = pd.read_csv(F, usecols=[0, 1, 2], index_col=0).values.astype('float32')",
    "x = pd.read_csv(F, header=0, names=['a', 'b', 'c', 'd', 'e', 'f'])",
    "x = df[['Open', 'Close']]",
    "x = df[['Open', 'Close']].values",
    "x = df.iloc[:, 1:2].values",
    "x = df.iloc[:, [1, 2, 4]]",
    "x = df.iloc[5:, 1:4].to_numpy()",
    "x = df.loc[:, ['Open', 'High']].to_numpy()",
    "x = df.filter(['Close']).values",
    "x = df[['Open', 'High', 'Low']].drop('Low', axis=1)",
    "x = df[['Open', 'High', 'Low']].drop(columns=['Low', 'High'])",
    "x = df[['Open', 'High']].dropna().reset_index(drop=True)",
    "x = df[['Open', 'High']].rolling(3).mean().dropna().values",
    "x = df[['Date', 'Open', 'High']].set_index('Date')",
    "x = df[['Open', 'High']].copy()\nx['Middle'] = x['Open'] + x['High']",
    "x = df[['Open', 'High']].copy()\nx['High'] = x.High / 2",
    "x = df[['Open', 'High']].copy()\nx.drop('High', axis=1, inplace=True)",
    "x = df[['Open', 'High']].copy()\nx.pop('High')",
    "x = df[['Open', 'High']].copy()\ndel x['High']",
    "x = df[['Open', 'High']].copy()\nx.columns = ['a', 'b']\nx = x[['a']]",
    "x = df[['Open', 'High']].assign(Third=1)",
    "x = df[['Open', 'High']]\nx = (x - x.mean()) / x.std()",
    "x = df[['Open', 'High']]\nx = x[x['Open'] > 3]",
    "x = df[['Open', 'High', 'Kind']]\nx = x[x.Kind == 'a'][['Open']]",
    "x = pd.DataFrame()\nx['a'] = df['Open']\nx['b'] = df['Low'] - df['High']",
    "x = pd.DataFrame({'a': [1, 2], 'b': [3, 4]})",
    "x = pd.DataFrame(np.zeros((5, 3)))",
    "x = pd.DataFrame(np.zeros((5, 3)), columns=['a', 'b', 'c'])[['a', 'c']].values",
    "x = pd.concat([df[['Open']], df[['Low', 'High']]], axis=1)",
    "x = pd.concat([df[['Open']], df['Low']], axis=1)",
    "x = pd.concat([df[['Open', 'Low']], df[['Open', 'Low']]])",
    "x = df['Close'].values.reshape(-1, 1)",
    "x = df['Close'].to_frame()",
    "x = np.array(df[['Open', 'Close']])",
    "x = df[['Open', 'Close']].values[3:]",
    "x = df[['Open', 'Low', 'Close']].iloc[:, :-1]",
    "x = df[['Open', 'Low', 'Close']].iloc[:10]",
    "columns = [each for each in ['Open', 'Kind', 'Low'] if each != 'Kind']\nx = df[columns]",
)  # fmt: skip
#: Lines whose result depends on what is in the file: a letter, and never a number.
OPEN = (
    "x = df",
    "x = df.values",
    "x = df.drop('Kind', axis=1)",
    "x = df.drop(columns=['Kind', 'Date'])",
    "x = pd.get_dummies(df)",
    "x = df.select_dtypes('number')",
    "x = df.iloc[:, 1:-1]",
    "x = df.iloc[:, 2:].values",
    "x = df.set_index('Date')",
    "x = df.copy()\nx['Fifth'] = 1",
    "x = df.merge(df, on='Date')",
    "x = df.join(df[['Low']], rsuffix='2')",
    "x = df[['Open', 'Low']].reset_index()",
    "x = df.dropna(axis=1)",
    "x = df[['Open', 'Low']].dropna(axis=1)",
    "x = pd.concat([df, df], axis=1)",
    "x = pd.DataFrame()\nfor each in open('names'):\n    x[each] = df[each]",
    "x = pd.DataFrame()\nfor each in open('names'):\n    x = pd.concat([x, pd.read_csv(each)])",
)  # fmt: skip
START = "import numpy as np\nimport pandas as pd\n"
END = """
from keras.models import Sequential
from keras.layers import LSTM
model = Sequential([LSTM(3, input_shape=(7, x.shape[1]))])
"""


def _count(lines):
    return li.model(f"{START}df = pd.read_csv(F)\n{lines}\n{END}").parameters


@pytest.mark.parametrize("lines", KNOWN if HAS_PANDAS else ())
def test_the_columns_that_a_text_names_are_those_that_pandas_has(lines, tmp_path):
    import numpy as np
    import pandas as pd

    path = tmp_path / "prices.csv"
    path.write_text(CSV)
    names = {"pd": pd, "np": np, "F": path, "df": pd.read_csv(path)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # What is said of the text is no fault of ours.
        exec(lines, names)
    width = names["x"].shape[1]
    assert _count(lines) == 4 * 3 * (width + 3 + 1)


@pytest.mark.parametrize("lines", OPEN)
def test_columns_that_only_the_file_knows_stay_open(lines):
    assert len(_count(lines).free_symbols) == 1


def test_the_same_columns_have_one_letter_under_both_names():
    text = f"""{START}
from keras.models import Sequential
from keras.layers import LSTM, Dense
df = pd.read_csv("a.csv")
train = df[:100]
model = Sequential([LSTM(3, input_shape=(7, df.shape[1])), Dense(train.shape[1])])
"""
    assert len(li.model(text).parameters.free_symbols) == 1


def test_a_column_more_is_another_number_of_columns():
    text = f"""{START}
from keras.models import Sequential
from keras.layers import LSTM, Dense
df = pd.read_csv("a.csv")
before = df.shape[1]
df["more"] = 1
model = Sequential([LSTM(3, input_shape=(7, before)), Dense(df.shape[1])])
"""
    assert len(li.model(text).parameters.free_symbols) == 2


def test_columns_by_their_places_are_noted_as_what_the_file_must_have():
    found = li.model(f"{START}df = pd.read_csv(F)\nx = df.iloc[:, 1:3].values\n{END}")
    assert any("taken as 2 columns" in note for note in found.notes)


@pytest.mark.parametrize(("ticker", "is_known"), [("'AAPL'", True), ("['AAPL', 'GOOG']", False)])
def test_prices_of_several_shares_have_columns_of_two_levels(ticker, is_known):
    text = f"{START}import yfinance as yf\ndf = yf.download({ticker})\nx = df[['Close']].values\n"
    assert (li.model(text + END).parameters == 60) is is_known


LOOPS = (
    "for i in range(60, len(scaled)):\n    X.append(scaled[i - 60:i, :])",
    "for i in range(len(scaled) - 60):\n    end = i + 60\n    X.append(scaled[i:end])",
    "X = [scaled[i:i + 60] for i in range(len(scaled) - 60)]",
    "from tqdm import tqdm\nfor i in tqdm(range(len(scaled) - 60)):\n"
    "    X.append(scaled[i:i + 60])",
)  # fmt: skip


@pytest.mark.parametrize("loop", LOOPS)
def test_windows_over_a_table_are_as_wide_as_it_is(loop):
    text = f"""{START}
from sklearn.preprocessing import MinMaxScaler
df = pd.read_csv(F)
sc = MinMaxScaler(feature_range=(0, 1))
scaled = sc.fit_transform(df[["Open", "Close"]])
X = []
{loop}
X = np.array(X)
from keras.models import Sequential
from keras.layers import LSTM, Dense, Flatten
model = Sequential([LSTM(3, return_sequences=True, input_shape=(X.shape[1], X.shape[2]))])
model.add(Flatten())
model.add(Dense(1))
"""
    assert li.model(text).parameters == 4 * 3 * (2 + 3 + 1) + 60 * 3 + 1


def test_a_loop_through_masks_says_nothing_of_what_they_take():
    text = f"""{START}
from keras.models import Sequential
from keras.layers import LSTM
data = np.zeros((50, 4))
X = []
for mask in np.load("masks.npy"):
    X.append(data[mask])
X = np.array(X)
model = Sequential([LSTM(3, input_shape=(X.shape[1], X.shape[-1]))])
"""
    assert li.model(text).parameters.free_symbols


def test_a_list_of_an_array_is_its_entries():
    text = f"""{START}
from keras.models import Model
from keras.layers import Input, LSTM, Dense
a = Input((6, 4))
h = LSTM(5)(a)
model = Model(a, [Dense(2, activation='softmax')(h) for _ in range(3)])
model.compile('adam', 'categorical_crossentropy')
Y = np.random.rand(20, 3, 2)
model.fit(np.zeros((20, 6, 4)), list(Y.swapaxes(0, 1)))
"""
    assert li.model(text).parameters == 4 * 5 * (4 + 5 + 1) + 3 * (5 * 2 + 2)


def test_a_long_loop_that_fills_a_list_is_not_run_to_its_end():
    text = f"""{START}
from six.moves import range
from keras.models import Sequential
from keras.layers import LSTM, Dense
questions, seen = [], set()
while len(questions) < 50000:
    f = lambda: int("".join(np.random.choice(list("0123456789")) for i in range(3)))
    key = tuple(sorted((f(), f())))
    if key in seen:
        continue
    seen.add(key)
    questions.append(key)
model = Sequential([LSTM(8, input_shape=(7, 12))])
for _ in range(2):
    model.add(Dense(12))
"""
    assert li.model(text).parameters == 4 * 8 * (12 + 8 + 1) + 8 * 12 + 12 + 12 * 12 + 12


def test_a_table_with_columns_dropped_in_place_is_narrower():
    frame = Frame("df", ("a", "b"), 2)
    frame.put("c")
    assert frame.width == 3
