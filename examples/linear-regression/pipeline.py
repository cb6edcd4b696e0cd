"""The pipeline itself: three steps that learn house prices, once through objects and once through Parquet files in the
object store. Run by `run`, which starts what it needs and gives it in the environment.

As with every flow the functions travel as their source: each imports what it uses.
"""

import json
import sys
from pathlib import Path

from gridset import flow

HERE = Path(__file__).resolve().parent


def generate(path, rows):
    """Houses with the columns of the data set that such examples use, and prices that depend on them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet

    bounds = {
        "Id": (1, 100_000, 0), "MSSubClass": (20, 201, 0), "LotFrontage": (50, 151, 100), "LotArea": (5000, 20001, 3),
        "OverallQual": (1, 11, 20_000), "OverallCond": (1, 11, 5_000), "YearBuilt": (1900, 2022, 500),
        "YearRemodAdd": (1900, 2022, 300), "MasVnrArea": (0, 1001, 20), "BsmtFinSF1": (0, 2001, 10),
        "BsmtFinSF2": (0, 1001, 8), "BsmtUnfSF": (0, 2001, 2), "TotalBsmtSF": (0, 3001, 15), "1stFlrSF": (500, 4001, 25),
        "2ndFlrSF": (0, 2001, 20), "LowQualFinSF": (0, 201, -30), "GrLivArea": (600, 5001, 30),
        "BsmtFullBath": (0, 4, 3_000), "BsmtHalfBath": (0, 3, 1_000), "FullBath": (0, 5, 6_000), "HalfBath": (0, 3, 2_000),
        "BedroomAbvGr": (0, 11, 1_500), "KitchenAbvGr": (0, 4, -4_000), "TotRmsAbvGrd": (0, 16, 1_000),
        "Fireplaces": (0, 4, 4_000), "GarageYrBlt": (1900, 2022, 100), "GarageCars": (0, 5, 7_000),
        "GarageArea": (0, 1001, 30), "WoodDeckSF": (0, 501, 15), "OpenPorchSF": (0, 301, 12), "EnclosedPorch": (0, 201, 5),
        "3SsnPorch": (0, 101, 20), "ScreenPorch": (0, 201, 30), "PoolArea": (0, 301, 50), "MiscVal": (0, 5001, 1),
        "TotalRooms": (2, 11, 2_000), "GarageAge": (1, 31, -200), "RemodAge": (1, 31, -300), "HouseAge": (1, 31, -400),
        "TotalBath": (1, 5, 5_000), "TotalPorchSF": (1, 1001, 6), "TotalSF": (1000, 6001, 20), "TotalArea": (1000, 6001, 2),
        "MoSold": (1, 13, 0), "YrSold": (2006, 2022, 200),
    }
    random = np.random.default_rng(2026)
    price = random.normal(0, 40_000, rows) - 1_500_000
    columns = {}
    for name, (least, beyond, worth) in bounds.items():
        columns[name] = random.integers(least, beyond, rows)
        price += worth * columns[name]
    columns["SalePrice"] = price.astype("int64")
    pyarrow.parquet.write_table(pa.table(columns), path)


def preprocess():
    import gridset
    import pandas  # noqa: F401  before the clock runs, as everything that is imported
    import pyarrow.parquet  # noqa: F401
    from sklearn.model_selection import train_test_split
    from stages import Stage, touch

    stage, objects = Stage(), gridset.connect()
    with stage.part("readRaw"):
        houses = objects.get("dataset://houses/houses.parquet")
        touch(houses)
    houses = houses.to_pandas()
    houses = houses[houses["GrLivArea"] <= 4800]
    prices = houses.pop("SalePrice")
    parts = train_test_split(houses, prices, test_size=0.2, random_state=7)
    with stage.part("write"):
        objects.put_all({f"linear/{name}": part for name, part in zip(("x_train", "x_test", "y_train", "y_test"), parts)})
    stage.tell(rows=len(houses))


def train():
    import gridset
    import numpy as np
    import pandas  # noqa: F401
    from sklearn.linear_model import LinearRegression
    from stages import Stage, touch, touch_one

    stage, objects = Stage(), gridset.connect()
    with stage.part("read"):
        houses, prices = objects.get("linear/x_train"), objects.get("linear/y_train")
        touch_one(houses), touch_one(prices)
    with stage.part("scan"):
        touch(houses), touch(prices)
    with stage.part("compute"):
        model = LinearRegression().fit(houses, prices)
    objects.put("linear/model", np.append(model.coef_, model.intercept_))
    stage.tell()


def test():
    import gridset
    import pandas  # noqa: F401
    from sklearn.metrics import r2_score, root_mean_squared_error
    from stages import Stage, touch, touch_one

    stage, objects = Stage(), gridset.connect()
    with stage.part("read"):
        houses, prices = objects.get("linear/x_test"), objects.get("linear/y_test")
        touch_one(houses), touch_one(prices)
    with stage.part("scan"):
        touch(houses), touch(prices)
    model = objects.get("linear/model")
    with stage.part("compute"):
        guessed = houses.to_numpy() @ model[:-1] + model[-1]
    stage.tell(r2=r2_score(prices, guessed), rmse=root_mean_squared_error(prices, guessed))


def preprocess_in_store():
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    from sklearn.model_selection import train_test_split
    from stages import ParquetStore, Stage, touch

    stage, store = Stage(), ParquetStore()
    with stage.part("readRaw"):
        houses = store.get("houses")
        touch(houses)
    houses = houses.to_pandas()
    houses = houses[houses["GrLivArea"] <= 4800]
    prices = houses.pop("SalePrice")
    parts = train_test_split(houses, prices, test_size=0.2, random_state=7)
    with stage.part("write"):
        sent = [store.put(part, f"linear/{name}") for name, part in zip(("x_train", "x_test", "y_train", "y_test"), parts)]
    stage.tell(rows=len(houses), sent=sum(sent))


def train_in_store():
    import pyarrow.parquet  # noqa: F401
    import numpy as np
    import pandas as pd
    from sklearn.linear_model import LinearRegression
    from stages import ParquetStore, Stage, touch, touch_one

    stage, store = Stage(), ParquetStore()
    with stage.part("read"):
        houses = store.get("linear/x_train").to_pandas(split_blocks=True)
        prices = store.get("linear/y_train").to_pandas()["SalePrice"]
        touch_one(houses), touch_one(prices)
    with stage.part("scan"):
        touch(houses), touch(prices)
    with stage.part("compute"):
        model = LinearRegression().fit(houses, prices)
    store.put(pd.Series(np.append(model.coef_, model.intercept_), name="model"), "linear/model")
    stage.tell()


def test_in_store():
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    from sklearn.metrics import r2_score, root_mean_squared_error
    from stages import ParquetStore, Stage, touch, touch_one

    stage, store = Stage(), ParquetStore()
    with stage.part("read"):
        houses = store.get("linear/x_test").to_pandas(split_blocks=True)
        prices = store.get("linear/y_test").to_pandas()["SalePrice"]
        touch_one(houses), touch_one(prices)
    with stage.part("scan"):
        touch(houses), touch(prices)
    model = store.get("linear/model")["model"].to_numpy()
    with stage.part("compute"):
        guessed = houses.to_numpy() @ model[:-1] + model[-1]
    stage.tell(r2=r2_score(prices, guessed), rmse=root_mean_squared_error(prices, guessed))


def in_flow(dataset, *functions):
    """A flow of these functions, whose processes find `stages` beside this file."""
    steps = dataset
    for function in functions:
        steps = steps.process(None, flow.create_processor(function, env=[{"name": "PYTHONPATH", "value": str(HERE)}]))
    return steps


def measured(run):
    """What the steps of a run have told, added up."""
    run.wait(timeout_for_each_step=None)
    total = {}
    for status in run.get_current_status():
        for step in status.values():
            for name, value in json.loads(Path(step.stdout).read_text().splitlines()[-1]).items():
                total[name] = total.get(name, 0) + value
    return total


def main():
    client = flow.FluidClient(flow.ClientConfig())
    client.create_dataset("pipeline")
    dataset = client.get_dataset("pipeline")
    dataset.bind_runtime(flow.constants.VINEYARD_RUNTIME_KIND, replicas=1)
    try:
        run = in_flow(dataset, preprocess, train, test).run("linear-regression")
        objects = measured(run)
        print(run.lineage(), file=sys.stderr)
        objects["bytes"] = sum(made.bytes for made in run.lineage())
        parquet = measured(in_flow(dataset, preprocess_in_store, train_in_store, test_in_store).run("in-store"))
    finally:
        dataset.clean_up()
    print(json.dumps({"objects": objects, "parquet": parquet}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["generate"]:
        generate(sys.argv[2], int(sys.argv[3]))
    else:
        main()
