// Ids by order, not by a hash over absolute paths: the same sources give the same bytes in any folder.
module.exports = { optimization: { moduleIds: 'natural', chunkIds: 'natural' } };
