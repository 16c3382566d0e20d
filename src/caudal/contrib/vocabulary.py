"""contrib.learn.preprocessing: texts as rows of numbers, one for each word."""

import collections
import json
import re

import numpy as np

from ..ground.api import export
from ..ground.errors import need
from ..platform.gfile import GFile

__all__ = ["ByteProcessor", "CategoricalVocabulary", "VocabularyProcessor", "tokenizer"]

_HOME = "contrib.learn.preprocessing."
_WORD = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z][a-z]+(?=[A-Z])|[\'\w\-]+", re.UNICODE)


@export(_HOME + "text.tokenizer")
def tokenizer(iterator):
    """Yields for each text its words: "HTTPServer's on-line" is HTTP, Server's, on-line."""
    for text in iterator:
        yield _WORD.findall(text)


@export(_HOME + "CategoricalVocabulary", _HOME + "categorical_vocabulary.CategoricalVocabulary")
class CategoricalVocabulary:
    """Words and their numbers, in order of coming; 0 is for all others.

    Args:
      unknown_token: what stands for those others.
      support_reverse: whether `reverse` is asked for.
    """

    def __init__(self, unknown_token="<UNK>", support_reverse=True):
        self._unknown_token, self._support_reverse = unknown_token, support_reverse
        self._freq, self._freeze = collections.defaultdict(int), False
        self._start()

    def _start(self):
        self._mapping, self._reverse_mapping = {}, []
        self._append(self._unknown_token)

    def _append(self, category):
        self._mapping[category] = len(self._mapping)
        if self._support_reverse:
            self._reverse_mapping.append(category)

    def __len__(self):
        return len(self._mapping)

    def freeze(self, freeze=True):
        """From now on, unknown words get 0 and no number of their own; or they do again."""
        self._freeze = freeze

    def get(self, category):
        """The number of a word, a new one unless frozen."""
        if category not in self._mapping:
            if self._freeze:
                return 0
            self._append(category)
        return self._mapping[category]

    def add(self, category, count=1):
        """Counts a word."""
        if self.get(category) > 0:
            self._freq[category] += count

    def trim(self, min_frequency, max_frequency=-1):
        """Keeps words that came more than `min_frequency` times and, if that is above 0, fewer than `max_frequency`; frequent ones first."""
        by_word = sorted(self._freq.items(), key=lambda item: (isinstance(item[0], str), item[0]))
        by_count = sorted(by_word, key=lambda item: item[1], reverse=True)
        few = [item for item in by_count if max_frequency <= 0 or item[1] < max_frequency]
        kept = [(category, count) for category, count in few if count > min_frequency]
        self._start()
        for category, _ in kept:
            self._append(category)
        self._freq = collections.defaultdict(int, kept)

    def reverse(self, class_id):
        """The word of a number.

        Raises:
          ValueError: made without `support_reverse`.
        """
        words = "This vocabulary wasn't initialized with support_reverse to support reverse() function."
        need(self._support_reverse, words)
        return self._reverse_mapping[class_id]


@export(_HOME + "VocabularyProcessor", _HOME + "text.VocabularyProcessor")
class VocabularyProcessor:
    """Texts as rows of words' numbers, cut to one length or filled up with 0.

    Args:
      max_document_length: that length.
      min_frequency: words that come no more often have no number.
      vocabulary: a `CategoricalVocabulary`; an empty one by default.
      tokenizer_fn: makes an iterator of words' lists of one of texts.
    """

    def __init__(self, max_document_length, min_frequency=0, vocabulary=None, tokenizer_fn=None):
        self.max_document_length, self.min_frequency = max_document_length, min_frequency
        self.vocabulary_ = vocabulary if vocabulary else CategoricalVocabulary()
        self._tokenizer = tokenizer_fn if tokenizer_fn else tokenizer

    def fit(self, raw_documents, unused_y=None):
        """Learns the words of texts, and no more after that; gives itself back."""
        for tokens in self._tokenizer(raw_documents):
            for token in tokens:
                self.vocabulary_.add(token)
        if self.min_frequency > 0:
            self.vocabulary_.trim(self.min_frequency)
        self.vocabulary_.freeze()
        return self

    def fit_transform(self, raw_documents, unused_y=None):
        """`fit`, then `transform`."""
        self.fit(raw_documents)
        return self.transform(raw_documents)

    def transform(self, raw_documents):
        """Yields for each text its row, int64 `[max_document_length]`."""
        for tokens in self._tokenizer(raw_documents):
            row = np.zeros(self.max_document_length, np.int64)
            for k, token in enumerate(tokens[: self.max_document_length]):
                row[k] = self.vocabulary_.get(token)
            yield row

    def reverse(self, documents):
        """Yields for each row of numbers its text."""
        for row in documents:
            yield " ".join(self.vocabulary_.reverse(number) for number in row)

    def save(self, filename):
        """Writes the words and lengths as JSON; TF writes a pickle, which may hold any program."""
        words = self.vocabulary_
        kept = {
            "max_document_length": self.max_document_length,
            "min_frequency": self.min_frequency,
            "words": list(words._mapping),
            "counts": list(words._freq.items()),
            "support_reverse": words._support_reverse,
            "frozen": words._freeze,
            "tokenizer": None if self._tokenizer is tokenizer else getattr(self._tokenizer, "__qualname__", "?"),
        }
        with GFile(filename, "w") as file:
            file.write(json.dumps(kept))

    @classmethod
    def restore(cls, filename):
        """The processor that `save` wrote; a tokenizer of one's own isn't in the file: set `_tokenizer`.

        Raises:
          ValueError: the file is none of `save`'s.
        """
        with GFile(filename, "rb") as file:
            kept = _parsed(file.read(), filename)
        unknown, *words = kept["words"]
        vocabulary = CategoricalVocabulary(unknown, kept["support_reverse"])
        for word in words:
            vocabulary.get(word)
        vocabulary._freq.update(map(tuple, kept["counts"]))
        vocabulary.freeze(kept["frozen"])
        lost = None if kept["tokenizer"] is None else _lost(kept["tokenizer"])
        return cls(kept["max_document_length"], kept["min_frequency"], vocabulary, lost)


def _parsed(data, filename):
    try:
        return json.loads(data)
    except ValueError:
        raise ValueError(
            f"{filename} holds no vocabulary that VocabularyProcessor.save wrote. TensorFlow's own files are pickles, which "
            "may run any program when they are read: fit the processor again and save it."
        ) from None


def _lost(name):
    def refuse(_):
        raise ValueError(f"The processor was saved with the tokenizer {name}, which the file doesn't hold: set its `_tokenizer`.")

    return refuse


@export(_HOME + "ByteProcessor", _HOME + "text.ByteProcessor")
class ByteProcessor:
    """Texts as rows of bytes, cut to one length or filled up with 0.

    Args:
      max_document_length: that length.
    """

    def __init__(self, max_document_length):
        self.max_document_length = max_document_length

    def fit(self, x):
        """Learns nothing; gives itself back."""
        return self

    def fit_transform(self, x):
        """`transform`."""
        return self.transform(x)

    def transform(self, x):
        """Yields for each text its row, uint8 `[max_document_length]`."""
        for text in x:
            row = np.zeros(self.max_document_length, np.uint8)
            given = np.frombuffer(text.encode() if isinstance(text, str) else bytes(text), np.uint8)[: self.max_document_length]
            row[: len(given)] = given
            yield row

    def reverse(self, x):
        """Yields for each row its text up to the first 0."""
        for row in x:
            data = np.trim_zeros(np.asarray(row, np.uint8), "b").tobytes()
            yield data.decode("utf-8", "replace")
