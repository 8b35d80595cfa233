"""The lyricist: lyric sheets written from a brief, under metre and rhyme."""
