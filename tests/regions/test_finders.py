import pytest

from sfumato.errors import ModelError
from sfumato.regions.finders import located


def test_names_mean_the_same_in_any_folder(tmp_path, monkeypatch):
    (tmp_path / "sam").mkdir()
    monkeypatch.chdir(tmp_path)
    found = located({"segmenter": "deeplab+crf", "clicker": "sam", "text_segmenter": "hf:a/b"})
    assert found == {"segmenter": "deeplab+crf", "clicker": str(tmp_path / "sam"), "text_segmenter": "hf:a/b"}
    plain = {"segmenter": "auto", "clicker": "auto", "text_segmenter": "auto"}
    assert located(plain) == plain
    assert located({}) == {}


@pytest.mark.parametrize(
    ("finders", "message"),
    [
        ({"segmenter": "none"}, 'no segmenter is called "none"'),
        ({"clicker": "deeplab"}, 'no clicker is called "deeplab", and no folder either'),
        ({"text_segmenter": "none"}, 'no text segmenter is called "none", and no folder either'),
    ],
)
def test_what_is_no_network_is_refused(finders, message):
    with pytest.raises(ModelError, match=message):
        located(finders)
